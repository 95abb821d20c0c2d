"""Tools from npm that tests judge with; each folder here has the package.json of one."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

TOOLS = Path(__file__).parent
# From the cache of npm or from a registry. No package runs anything while it is installed.
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def installed(tool: str) -> Path:
    """The folder with `tool` and what it needs, installed at the first call and after each change of it; skips the test
    where Node.js or npm is missing, or fails it if REQUIRE_NODE is set."""
    try:
        return _installed(TOOLS / tool)
    except (OSError, subprocess.SubprocessError) as error:
        unavailable(f"{tool} needs Node.js and npm: {getattr(error, 'stderr', None) or error}")


def unavailable(how: str):
    """Skip the test because a tool is not there, saying `how` to get it; fail it if REQUIRE_NODE is set."""
    if os.environ.get("REQUIRE_NODE"):
        pytest.fail(how, pytrace=False)
    pytest.skip(how)


def _installed(tool: Path) -> Path:
    files = sorted(path for path in tool.iterdir() if path.is_file())
    state = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    folder = Path(settings.VAR_DIR) / tool.name / state
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
