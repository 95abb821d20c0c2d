"""The test settings for a worker of its own that may fetch from servers on this machine."""

from earthcode.settings.test import *  # noqa: F403

IMPORT_ALLOW_LOOPBACK = True
BASE_URL = WAGTAILADMIN_BASE_URL = "http://testserver"
