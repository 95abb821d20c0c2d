"""`make screenshots`: each kind of page at three widths, light and dark, in var/screenshots/."""

from playwright.sync_api import sync_playwright

from tests.tools.portal import CHROMIUM, ROOT, SIX, portal

FOLDER = ROOT / "var" / "screenshots"
PATHS = [
    *SIX,
    "/events/past/",
    "/events/calendar/2026/12/",
    "/partners/telespazio/",
    "/roadmap/foundational-development/",
    "/resources/",
    "/accessibility/",
    "/search/?q=earthcode",
    "/nothing/",
]
WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.png"):
        old.unlink()
    with portal() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for scheme in SCHEMES:
            with browser.new_context(color_scheme=scheme, reduced_motion="reduce") as context:
                page = context.new_page()
                page.goto(address, wait_until="networkidle")  # the font comes with the first page
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": 900})
                    for path in PATHS:
                        page.goto(address + path, wait_until="networkidle")
                        page.screenshot(path=FOLDER / f"{name(path)}-{width}-{scheme}.png", full_page=True)
        browser.close()
    print(f"{len(list(FOLDER.iterdir()))} screenshots in {FOLDER.relative_to(ROOT)}/")


def name(path: str) -> str:
    """A file's name for the page at `path`."""
    words = "".join(letter if letter.isalnum() else " " for letter in path).split()
    return "-".join(words) or "home"


if __name__ == "__main__":
    main()
