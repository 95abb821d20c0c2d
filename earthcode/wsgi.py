"""Django as a WSGI application. In production `earthcode.asgi` stands before it."""

import os
import sys

from django.core.wsgi import get_wsgi_application

from earthcode import process
from earthcode.settings.environment import ConfigurationError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "earthcode.settings.production")
process.serves_visitors = True

try:
    application = get_wsgi_application()
except ConfigurationError as refusal:
    sys.exit(str(refusal))
