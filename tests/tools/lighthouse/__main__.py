"""`make lighthouse`: Lighthouse's scores of six kinds of pages; ends with 1 if any is less than 100."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools.portal import CHROMIUM, ROOT, SIX, portal

TOOL = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "run.mjs")
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def main() -> int:
    folder = ROOT / "var" / "lighthouse"
    lock = (TOOL / "package-lock.json").read_bytes()
    mark = folder / "installed.json"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copy(TOOL / name, folder)
    if not mark.exists() or mark.read_bytes() != lock:
        subprocess.run(INSTALL, cwd=folder, check=True)
        mark.write_bytes(lock)
    with portal() as address:
        print(
            "performance, accessibility, best practices, SEO; the first three times are those of a slow phone"
        )
        return subprocess.run(["node", "run.mjs", str(CHROMIUM), address, *SIX], cwd=folder).returncode


if __name__ == "__main__":
    sys.exit(main())
