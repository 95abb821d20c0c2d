"""A second opinion about calendars: ical.js, which is what Thunderbird reads them with."""

import contextlib
import hashlib
import json
import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

TOOL = Path(__file__).parent.parent / "tools" / "calendar_reader"
# From the cache of npm or from a registry; it has no dependencies.
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def installed() -> Path:
    """The folder with the tool and what it needs, installed at the first call and after each change of it."""
    files = sorted(path for path in TOOL.iterdir() if path.is_file())
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    folder = Path(settings.VAR_DIR) / "calendar_reader" / state
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            for path in files:
                shutil.copy(path, draft)
            subprocess.run(INSTALL, cwd=draft, check=True, timeout=120, capture_output=True)
            # Another worker may have been faster.
            with contextlib.suppress(OSError):
                Path(draft).rename(folder)
            Path(draft).mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def read_by_ical_js() -> Iterator[Callable[[bytes, date], dict[str, Any]]]:
    """What ical.js makes of a calendar, with the dates of series up to a day; see tests/tools/calendar_reader."""
    try:
        folder = installed()
    except (OSError, subprocess.SubprocessError) as error:
        how = f"no ical.js, which needs Node.js and npm: {getattr(error, 'stderr', None) or error}"
        if os.environ.get("REQUIRE_NODE"):
            pytest.fail(how, pytrace=False)
        pytest.skip(how)
    with subprocess.Popen(
        ("node", "read.mjs"), cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout
        stdin, stdout = reader.stdin, reader.stdout

        def read(calendar: bytes, last: date) -> dict[str, Any]:
            stdin.write(json.dumps({"calendar": calendar.decode(), "last": last.isoformat()}) + "\n")
            stdin.flush()
            assert select.select([stdout], [], [], 60)[0], "ical.js does not come to an end"
            answer = json.loads(stdout.readline())
            assert "error" not in answer, answer["error"]
            return answer

        yield read
        stdin.close()
