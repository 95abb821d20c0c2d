"""Production, configured by the environment alone."""

import os

from earthcode import process

from .base import *  # noqa: F403
from .base import DATABASES, env
from .environment import (
    ConfigurationError,
    database_limits,
    host_names,
    mail_settings,
    missing,
    positive_number,
    security_settings,
    whole_number,
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

# What visitors wait for ends early, and they get a page that says so; an import or a migration may take its time.
DATABASE_TIMEOUT = positive_number("DATABASE_TIMEOUT", env.str("DATABASE_TIMEOUT", default="5"))
WEB_THREADS = whole_number("WEB_THREADS", env.str("WEB_THREADS", default="8"))
_database = DATABASES["default"]
_options = _database["OPTIONS"]
# A server whose machine is gone closes no connection; these find it out within a minute.
for _name, _seconds in {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}.items():
    _options.setdefault(_name, _seconds)
_given = _options.get("options", "")
if process.serves_visitors:
    _database["ENGINE"] = "earthcode.postgresql"
    _options["patience"] = DATABASE_TIMEOUT + 0.2
    # A thread that stays keeps its connection, and makes a new one at once where that is dead.
    _database["CONN_MAX_AGE"] = 600 if process.keeps_threads else 0
    _database["CONN_HEALTH_CHECKS"] = True
    _options.setdefault("connect_timeout", 2)
    # A lock is waited for less long, so that the answer comes in time even to a request that had to queue.
    _options["options"] = database_limits(
        DATABASE_TIMEOUT, lock=DATABASE_TIMEOUT * 0.6, idle=DATABASE_TIMEOUT, given=_given
    )
else:
    _options.setdefault("connect_timeout", 10)
    _options["options"] = database_limits(3600, lock=60, idle=3600, given=_given)

globals().update(mail_settings(env.str("EMAIL_URL", default="consolemail://")))

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
