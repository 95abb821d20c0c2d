"""Production on one machine, as `make run` serves it: what the environment does not say is decided here."""

import os

from earthcode import local_database

from .base import DATABASE_FOLDER, VAR_DIR, env
from .environment import generated_secret, port_number

PORT = port_number(env.str("PORT", default="8000"))

# In the environment, because the web server and the worker are given it too.
if not os.environ.get("SECRET_KEY"):
    os.environ["SECRET_KEY"] = generated_secret(VAR_DIR / "secret-key")
if DATABASE_FOLDER:
    os.environ["DATABASE_URL"] = local_database.url(DATABASE_FOLDER)
os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
os.environ.setdefault("BASE_URL", f"http://127.0.0.1:{PORT}")

from .production import *  # noqa: E402, F403
