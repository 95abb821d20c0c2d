"""`make test-long`: hundreds of random sequences, in two processes."""

import argparse
import os
import sys

import pytest

HERE = os.path.dirname(__file__)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-long", description=__doc__)
    parser.add_argument(
        "--seed", type=int, help="play this sequence alone, and find the shortest part that fails"
    )
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--first", type=int, default=1, help="the seed of the first sequence")
    parser.add_argument("--steps", type=int, default=25, help="of each sequence")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--log", default="", help="a file to which failures are added as they come")
    parser.add_argument("--all", action="store_true", help="go on after the first failure of a sequence")
    asked = parser.parse_args()
    is_alone = asked.seed is not None
    wanted = {
        "SCENARIOS": 1 if is_alone else asked.sequences,
        "SCENARIO_SEED": asked.seed if is_alone else asked.first,
        "SCENARIO_STEPS": asked.steps,
        "SCENARIO_LOG": asked.log,
        **({"SCENARIO_SHORTEN": 1} if is_alone else {}),
        **({"SCENARIO_GOES_ON": 1} if asked.all else {}),
    }
    os.environ.update({name: str(value) for name, value in wanted.items()})
    together = [] if is_alone or asked.processes < 2 else ["--numprocesses", str(asked.processes)]
    return pytest.main([HERE, "-p", "no:cacheprovider", "-k", "must_hold", *together])


if __name__ == "__main__":
    sys.exit(main())
