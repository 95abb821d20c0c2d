"""The test suite, in test databases of the same PostgreSQL."""

from .base import *  # noqa: F403
from .base import DATABASES

SECRET_KEY = "of-no-use-outside-tests"  # noqa: S105
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
BASE_URL = WAGTAILADMIN_BASE_URL = "https://testserver"

# Test data need not survive a power cut.
DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # there is no folder of collected files to read
