#!/usr/bin/env python
"""Run a Django command, with the database under `var/` started for it when DATABASE_URL names none."""

import os
import sys
from pathlib import Path


def main() -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from earthcode import command_line

    sys.exit(command_line.run(sys.argv, os.environ))


if __name__ == "__main__":
    main()
