"""The WSGI application that the web server loads."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from earthcode.settings.environment import ConfigurationError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "earthcode.settings.production")

try:
    application = get_wsgi_application()
except ConfigurationError as refusal:
    sys.exit(str(refusal))
