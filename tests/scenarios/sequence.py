"""A sequence of steps, drawn from a seed, and the shortest part of it that fails as well."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from unittest import mock

from django.db import connection, transaction
from django.test import Client

from .oracle import Violation
from .steps import draw
from .world import Clock, World

POLICIES = ("publish", "publish", "draft", "workflow")


@dataclass
class Told:
    """What was done, and what did not hold after which step."""

    seed: int
    world: str = ""
    steps: list[tuple[int, str]] = field(default_factory=list)
    violations: list[tuple[int, Violation]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    @property
    def invariants(self) -> set[str]:
        return {violation.invariant for _, violation in self.violations}

    def __str__(self) -> str:
        lines = [f"Seed {self.seed}: {self.world}"]
        for number, text in self.steps:
            lines.append(f"  {number:>3}. {text}")
            lines += [f"       ✗ {each}" for at, each in self.violations if at == number]
        return "\n".join(lines)


def play(
    seed: int,
    count: int,
    clients: dict[str, Client],
    folder: Path,
    *,
    allowed: frozenset[str] | None = None,
    policies: tuple[str, ...] = POLICIES,
    left_out: Collection[int] = (),
    goes_on: bool = False,
) -> Told:
    """`count` steps after the first import, without those of the numbers that are `left_out`, which changes as little
    as can be about the others. It ends with the first failure unless it `goes_on`. Nothing of it stays in the
    database."""
    told = Told(seed)
    clock = Clock()
    with mock.patch("django.utils.timezone.now", clock.now), transaction.atomic():
        world = World(clients, clock, folder)
        told.world = world.set_up(Random(f"{seed} world"), policies)
        for source in world.feeds:
            told.steps.append((0, world.imported(source, "command")))
        _take(world, 0, told)
        for number in range(1, count + 1):
            if told.violations and not goes_on:
                break
            if number in left_out:
                continue
            random = Random(f"{seed} {number}")
            for _ in range(8):  # not everything can be done at any time
                name, step = draw(random, allowed)
                clock.at += timedelta(minutes=random.choice((1, 1, 4, 15)))
                if text := step(world, random):
                    told.steps.append((number, f"{name}: {text}"))
                    break
            _take(world, number, told)
        told.seen = world.seen
        connection.run_on_commit.clear()
        transaction.set_rollback(True)
    return told


def _take(world: World, number: int, told: Told) -> None:
    told.violations += [(number, each) for each in world.oracle.found]
    world.oracle.found.clear()


def shortest(told: Told, count: int, clients: dict[str, Client], folder: Path, **options) -> Told:
    """The sequence with every step left out without which it fails the same way."""
    wanted = told.violations[0][1].invariant
    last = told.violations[0][0]
    left_out = set(range(last + 1, count + 1))
    best = told
    size = max(last // 2, 1)
    while size:
        for first in range(1, last + 1, size):
            without = left_out | set(range(first, min(first + size, last + 1)))
            if without == left_out:
                continue
            shorter = play(told.seed, count, clients, folder, left_out=without, **options)
            if shorter.violations and shorter.violations[0][1].invariant == wanted:
                left_out, best = without, shorter
        size //= 2
    return best
