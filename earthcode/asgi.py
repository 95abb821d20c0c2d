"""The application that the web server loads: Django behind `earthcode.front`, and a watch on the worker."""

import threading

from earthcode import process

process.keeps_threads = True  # before settings are read

from earthcode.wsgi import application as portal  # noqa: E402, I001 - Django is to be set up first

from django.conf import settings  # noqa: E402

from earthcode import worker_watch  # noqa: E402
from earthcode.front import Answer, Front  # noqa: E402
from earthcode.trouble import Trouble  # noqa: E402
from earthcode.views import unavailable  # noqa: E402


def page_of(trouble: Trouble) -> Answer:
    """The page that Django would answer with."""
    response = unavailable(trouble)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    return Answer(response.status_code, headers, response.content)


application = Front(portal, page_of, threads=getattr(settings, "WEB_THREADS", 8))
threading.Thread(target=worker_watch.watch_for_ever, name="worker watch", daemon=True).start()
