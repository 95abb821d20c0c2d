"""What this process is for. Settings ask, so it is decided before they are read."""

serves_visitors = False
"""It answers requests. The worker, migrations and other commands do not. Set by `earthcode.wsgi`."""

keeps_threads = False
"""The threads that answer live as long as the process, so that each may keep its connection with the database.
Set by `earthcode.asgi`."""
