import pytest

pytestmark = pytest.mark.browser


def test_browser_renders_and_reaches_the_live_server(page, live_server):
    page.set_content("<h1>EarthCODE</h1>")
    assert page.get_by_role("heading", level=1).inner_text() == "EarthCODE"

    answer = page.goto(f"{live_server.url}/healthz")
    assert answer is not None
    assert answer.status == 200


def test_each_test_has_a_browser_without_history(page):
    assert page.context.cookies() == []
