"""The portal as `make run` serves it, with its initial content, for what looks at it from outside."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# One of each kind: what is measured.
SIX = ["/", "/about/", "/events/", "/events/earthcode-hackathon-2026/", "/partners/", "/roadmap/"]
STARTS_SECONDS = 300


@contextlib.contextmanager
def portal() -> Iterator[str]:
    """The address of a portal: that of the environment's PORTAL, or one that is started and stopped again.

    Exits with a message where there is no Chromium, or where the portal of this checkout runs already.
    """
    if not CHROMIUM:
        sys.exit("There is no Chromium: apt-get install chromium")
    if given := os.environ.get("PORTAL"):
        yield given.rstrip("/")
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = ROOT / "var" / "looked-at.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_portal", "--end-with-parent"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(port)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + STARTS_SECONDS
        while "\nThe portal: " not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(
                    f"{log.read_text()}\nThe portal did not start. PORTAL=http://… names one that runs already."
                )
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
