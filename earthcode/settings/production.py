"""Production, configured by the environment alone."""

import os

from .base import *  # noqa: F403
from .base import DATABASES, env
from .environment import (
    ConfigurationError,
    host_names,
    mail_settings,
    missing,
    security_settings,
    yes_or_no,
)

if _missing := missing(["DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "BASE_URL"], os.environ):
    raise ConfigurationError(f"Production needs {', '.join(_missing)} in its environment: see .env.example.")

SECRET_KEY = os.environ["SECRET_KEY"]  # as it is: `env` takes one that begins with $ for a variable's name
ALLOWED_HOSTS = host_names(env.str("ALLOWED_HOSTS"))
globals().update(
    security_settings(
        env.str("BASE_URL"), behind_proxy=yes_or_no("BEHIND_PROXY", env.str("BEHIND_PROXY", default="false"))
    )
)

SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"  # Wagtail relaxes it for its previews, view by view

# A connection for each request, some 4 ms: one that cannot be had fails at once and the next request tries again.
# A pool would have every thread wait while the database is away, and lend out dead connections once it is back;
# connections kept by threads (?conn_max_age=60 in DATABASE_URL) outlive those that granian ends.
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 3)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

globals().update(mail_settings(env.str("EMAIL_URL", default="consolemail://")))

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
