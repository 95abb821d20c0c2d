"""`make bench`: how fast the portal is, in scratch databases that are removed afterwards. ARGS=pages or ARGS=imports
measures only these.

Ends with 1 when a promise of docs/performance.md does not hold. Times are of one run on one machine; only their ratios
are worth comparing with those of another.
"""

import logging
import os
import sys
from collections.abc import Callable

import django
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases

from earthcode.command_line import database
from earthcode.local_database import LocalDatabaseError
from earthcode.settings.environment import ConfigurationError


def main() -> int | str:
    os.environ["DJANGO_SETTINGS_MODULE"] = "earthcode.settings.test"
    try:
        with database():
            return run()
    except (ConfigurationError, LocalDatabaseError) as refusal:
        return str(refusal)


def run() -> int:
    django.setup()
    logging.disable(logging.WARNING)
    # Another name than the tests', which may run beside this.
    connection.settings_dict["TEST"]["NAME"] = f"bench_{settings.DATABASES['default']['NAME']}"
    from . import imports, pages

    asked = sys.argv[1:] or ["pages", "imports"]
    # All are measured, whatever the first one finds.
    kept = [
        measured(part.measure) for name, part in (("pages", pages), ("imports", imports)) if name in asked
    ]
    return int(not all(kept))


def measured(measure: Callable[[], bool]) -> bool:
    # Not the environment of tests: it has templates report all that they render.
    databases = setup_databases(verbosity=0, interactive=False, serialized_aliases=())
    try:
        return measure()
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
