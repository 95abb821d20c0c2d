"""Production, configured by the environment alone."""

import os

from .base import *  # noqa: F403
from .base import DATABASES, env
from .environment import ConfigurationError, mail_settings, missing, security_settings

if _missing := missing(["DATABASE_URL", "SECRET_KEY", "ALLOWED_HOSTS", "BASE_URL"], os.environ):
    raise ConfigurationError(f"Production needs {', '.join(_missing)} in its environment: see .env.example.")

SECRET_KEY = env.str("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
globals().update(security_settings(env.str("BASE_URL"), behind_proxy=env.bool("BEHIND_PROXY", default=False)))

SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"  # Wagtail relaxes it for its previews, view by view

# The web server's threads share a few connections, each checked before it is lent out.
DATABASES["default"]["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": env.int("DATABASE_POOL_SIZE", default=8),
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

globals().update(mail_settings(env.str("EMAIL_URL", default="consolemail://")))

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
