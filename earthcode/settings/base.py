"""What every deployment shares; all that differs comes from the environment (see `.env.example`)."""

from pathlib import Path

import environ
from django.utils.csp import CSP

from earthcode import local_database

from .environment import (
    database_settings,
    hosts_and_networks,
    import_hosts,
    import_ports,
    import_proxy,
    log_level,
    whole_number,
)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
env.read_env(BASE_DIR / ".env")  # the real environment wins

INSTALLED_APPS = [
    "events",
    "partners",
    "roadmap",
    "earthcode",
    "wagtail.contrib.redirects",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.sitemaps",
    "wagtail.contrib.typed_table_block",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "procrastinate.contrib.django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "earthcode.middleware.healthz",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "earthcode.middleware.response_headers",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "earthcode.compression.compressed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "earthcode.middleware.user_bar_headers",
    "earthcode.middleware.malformed_forms",
]

ROOT_URLCONF = "earthcode.urls"
WSGI_APPLICATION = "earthcode.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "earthcode.context_processors.portal",
            ],
        },
    },
]

# The database under var/ when none is named; None when one is.
DATABASE_FOLDER = None if env.str("DATABASE_URL", default="") else VAR_DIR / "postgres"
DATABASES = {
    "default": database_settings(
        local_database.url(DATABASE_FOLDER) if DATABASE_FOLDER else env.str("DATABASE_URL")
    )
}

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="earthcode@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "earthcode.settings.logs.LineFormatter",
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {"once": {"()": "earthcode.settings.logs.OncePerTrouble"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["once"]}},
    "root": {"handlers": ["stderr"], "level": log_level(env.str("LOG_LEVEL", default="INFO"))},
    # Django's own handlers print in development and mail in production; ours is enough.
    "loggers": {
        "django": {"handlers": [], "level": "NOTSET"},
        # At INFO, several lines a minute or for each page saved; Wagtail keeps its history in the database.
        "procrastinate": {"level": "WARNING"},
        # The worker's: it warns at each attempt, and the worker says it too.
        "psycopg.pool": {"level": "ERROR"},
        "django_tasks": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "wagtail": {"level": "WARNING"},
    },
}

KEEP_HISTORY_DAYS = whole_number("KEEP_HISTORY_DAYS", env.str("KEEP_HISTORY_DAYS", default="365"))

# A finished job has nothing more to tell; one that failed stays to be looked at.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful", "shutdown_graceful_timeout": 10}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "earthcode.finders.MadeFilesFinder",
]
MADE_FILES_DIR = VAR_DIR / "made"
MEDIA_URL = "/media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"

# Nothing on a public page comes from another host, and nothing is inline.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}

# Which servers imports may ask, beside what `events.importing.egress` refuses anyway.
IMPORT_ALLOWED_HOSTS = import_hosts(env.str("IMPORT_ALLOWED_HOSTS", default=""))
IMPORT_DENIED_HOSTS = hosts_and_networks("IMPORT_DENIED_HOSTS", env.str("IMPORT_DENIED_HOSTS", default=""))
IMPORT_PORTS = import_ports(env.str("IMPORT_PORTS", default=""))
IMPORT_PROXY = import_proxy(env.str("IMPORT_PROXY", default=""))

# A page with many StreamField blocks posts more fields than Django's default of 1,000.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

WAGTAIL_SITE_NAME = "EarthCODE"
WAGTAIL_I18N_ENABLED = False
LOGIN_REDIRECT_URL = "/"
# A link to set a new password works for an hour. Its mail is sent by the worker; see `account_forms`.
PASSWORD_RESET_TIMEOUT = 3600
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "earthcode.account_forms.PasswordResetForm"  # noqa: S105
# Wagtail's form would change it without the password.
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILIMAGES_IMAGE_FORM_BASE = "earthcode.image_forms.PortalImageForm"
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILIMAGES_IMAGE_MODEL = "earthcode.PortalImage"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "earthcode.search_backend"}}
WAGTAILDOCS_MAX_UPLOAD_SIZE = 100_000_000
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "ics", "odt", "pdf", "pptx", "txt", "xlsx", "zip"]
# The admin asks no other host either: no avatars, no look for updates.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
