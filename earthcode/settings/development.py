"""A developer's machine: `make dev`, and every other command that names no settings."""

from .base import *  # noqa: F403

ROOT_URLCONF = "earthcode.urls_development"
DEBUG = True
SECRET_KEY = "of-no-use-outside-development"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
BASE_URL = WAGTAILADMIN_BASE_URL = "http://127.0.0.1:8000"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
