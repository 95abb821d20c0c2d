"""Random sequences of what feeds, imports, editors and moderators do, with all that must hold after each step.

A slice of them here; `make test-long` plays hundreds. A failure names its seed: `make test-long ARGS="--seed 42"` plays
that sequence again and finds the shortest part of it that fails.
"""

import os
from pathlib import Path

import pytest
from django.utils import timezone

from .sequence import play, shortest
from .world import Clock, found

pytestmark = pytest.mark.django_db

SEQUENCES = int(os.environ.get("SCENARIOS", "4"))
STEPS = int(os.environ.get("SCENARIO_STEPS", "20"))
FIRST = int(os.environ.get("SCENARIO_SEED", "1"))
SHORTENS = "SCENARIO_SHORTEN" in os.environ
LOG = os.environ.get("SCENARIO_LOG", "")
GOES_ON = "SCENARIO_GOES_ON" in os.environ


@pytest.fixture(scope="module")
def clients(module_db, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", Clock().now)
        patch.setattr("events.widgets.timezone_names", lambda: frozenset({"Europe/Rome", "UTC"}))
        yield found(tmp_path_factory.mktemp("portal"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEQUENCES))
def test_what_must_hold_holds(clients, seed, tmp_path, record_property):
    told = play(seed, STEPS, clients, tmp_path, goes_on=GOES_ON)
    record_property("invariants", sorted(told.invariants))
    record_property("seen", sorted(told.seen))
    if told.violations and SHORTENS:
        told = shortest(told, STEPS, clients, tmp_path)
    if LOG and told.violations:
        with Path(LOG).open("a") as log:
            log.write(f"{told}\n\n")
    if told.violations:
        pytest.fail(f"\n{told}", pytrace=False)
