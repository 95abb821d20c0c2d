"""`make phone`: when pages are painted on a slow phone (processor slowed 4 times, 1.6 Mbit/s, 150 ms, nothing cached).

Prints the median of five first visits to each page; times of another or a busier machine differ.
"""

from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.tools.portal import CHROMIUM, SIX, portal

VISITS = 5
CONNECTION = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
OBSERVE = """
window.seen = { first: 0, largest: 0, blocked: 0, shift: 0 };
const observe = (type, add) =>
  new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type, buffered: true });
observe("paint", (entry) => entry.name === "first-contentful-paint" && (seen.first = entry.startTime));
observe("largest-contentful-paint", (entry) => (seen.largest = entry.startTime));
observe("longtask", (entry) => (seen.blocked += Math.max(0, entry.duration - 50)));
observe("layout-shift", (entry) => (seen.shift += entry.value));
"""


def visit(browser: Browser, url: str) -> dict[str, float]:
    """Milliseconds until the first and the largest paint, milliseconds blocked, layout shift, bytes, requests."""
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        context.add_init_script(OBSERVE)
        page = context.new_page()
        network = context.new_cdp_session(page)
        sizes: list[float] = []
        network.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
        network.send("Network.enable")
        network.send("Network.emulateNetworkConditions", CONNECTION)
        network.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(url, wait_until="networkidle")
        return page.evaluate("seen") | {"bytes": sum(sizes), "requests": sum(size > 0 for size in sizes)}


def main() -> None:
    with portal() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        visit(browser, address)
        print("| page | first paint | largest paint | blocked | shift | transferred | requests |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for path in SIX:
            visits = [visit(browser, address + path) for _ in range(VISITS)]
            found = {key: median(each[key] for each in visits) for key in visits[0]}
            print(
                f"| {path} | {found['first']:.0f} ms | {found['largest']:.0f} ms | {found['blocked']:.0f} ms | "
                f"{found['shift']:.2f} | {found['bytes'] / 1000:.1f} KB | {found['requests']:.0f} |"
            )
        browser.close()


if __name__ == "__main__":
    main()
