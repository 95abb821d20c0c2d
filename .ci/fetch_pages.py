"""Fetch every kind of page of a running portal, as a visitor would: `fetch_pages.py http://127.0.0.1:8000`.

Says each page on a line; exits 1 if one is not as expected.
"""

import re
import sys
import urllib.error
import urllib.request


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def main(portal: str) -> int:
    failures = 0

    def visit(path: str, expected: int = 200) -> str:
        nonlocal failures
        status, text = fetch(portal + path)
        failures += status != expected
        print(f"{'ok ' if status == expected else 'BAD'} {status} {path}", flush=True)
        return text

    def visit_first(text: str, pattern: str) -> None:
        """Visit the first address in `text` that matches `pattern`; there must be one."""
        nonlocal failures
        found = re.search(pattern, text)
        if found:
            visit(found[1])
        else:
            failures += 1
            print(f"BAD     no link like {pattern}", flush=True)

    home = visit("/")
    visit("/about/")
    for index in ("/events/", "/partners/", "/roadmap/"):
        visit_first(visit(index), rf'href="(?:{re.escape(portal)})?({index}[^"/?#]+/)"')
    visit_first(home, r'(?:href|src)="(/static/[^"]+)"')
    for path in ("/sitemap.xml", "/robots.txt", "/healthz", "/readyz", "/admin/login/"):
        visit(path)
    visit("/there-is-no-such-page/", expected=404)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1].rstrip("/")))
