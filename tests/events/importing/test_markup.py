"""Words from strangers: text stays text, and HTML is of the tags an event's body knows."""

import re

import pytest

from events.importing.markup import canonical, links, plain_line, rich_text
from events.importing.pages import _as_saved_by_the_editor

ODD = [
    '<a href="https://ep2013.europython.eu/>EuroPython 2013</a>',
    '<a href="https://2012.de.pycon.org/"</a>PyCon DE 2012</a>',
    "Hello\nSee https://x.org/a?b=1&c=2.\n\nBye (http://y.org) <https://z.org/>",
    "<div>One</div><div>Two <b>x<p>y</p></b></div>",
    "<ul><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ul>tail",
    "<h1>T</h1><blockquote><p>q</p><p>r</p></blockquote>x<br>y<hr>z",
    "<table><tr><td>1</td><td>2</td></tr></table>",
    "AT&amp;T a < b > c &lt;p&gt; d",
    "<b><i>both</b> one</i> <a href='mailto:a@b.org'>mail</a>",
    "<ol><li>one<li>two</ol><p></p><p> </p>",
    "<p>line\nbreak</p>\n<p>two  spaces</p>",
    "<strong>Programme</strong>:<ul><li><a href='https://a.org/'>A <em>b</em></a></li></ul>",
]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Plain & simple", "<p>Plain &amp; simple</p>"),
        ("One\n\nTwo\nlines", "<p>One</p><p>Two<br/>lines</p>"),
        ("See https://x.org/a.", '<p>See <a href="https://x.org/a">https://x.org/a</a>.</p>'),
        ("(http://y.org)", '<p>(<a href="http://y.org">http://y.org</a>)</p>'),
        ("http://y.org/a_(b)", '<p><a href="http://y.org/a_(b)">http://y.org/a_(b)</a></p>'),
        ("<https://z.org/>", '<p><a href="https://z.org/">https://z.org/</a></p>'),
        ("&lt;p&gt;Escaped&lt;/p&gt;", "<p>Escaped</p>"),
        ('<a href="http://a.org ">A</a>', '<p><a href="http://a.org">A</a></p>'),
        ('<a href="https://a.org/>A</a>', '<p><a href="https://a.org/">A</a></p>'),
        ("<h1>T</h1><strong>b</strong>", "<h3>T</h3><p><b>b</b></p>"),
        (
            "<ul><li><p>a</p></li><li>b<ul><li>c</li></ul></li></ul>t",
            "<ul><li>a</li><li>b</li><li>c</li></ul><p>t</p>",
        ),
        ("1 < 2", "<p>1 &lt; 2</p>"),
        ("a\0b\ud800c", "<p>abc</p>"),
        ("John <john@x.org>", "<p>John &lt;john@x.org&gt;</p>"),
        ("<b>Ask</b> John <john@x.org>", "<p><b>Ask</b> John &lt;john@x.org&gt;</p>"),
        ("if a<b then c>d", "<p>if a&lt;b then c&gt;d</p>"),
        ("Vec<T>, <br>x", "<p>Vec&lt;T&gt;, <br/>x</p>"),
        ("One<br>Two\nThree\n\nFour", "<p>One<br/>Two<br/>Three</p><p>Four</p>"),
        ("One<br>\nTwo", "<p>One<br/>Two</p>"),
        ("<html><head><title>T</title></head><body><p>x</p></body></html>", "<p>x</p>"),
        ('<a href="/rel">r</a> <a href="//e.org/x">p</a>', "<p>r p</p>"),
        (r'<a href="https:\\bs.org">b</a>', "<p>b</p>"),
        ('<a href="https://me:pw@a.org/">a</a>', '<p><a href="https://a.org/">a</a></p>'),
        ("https://me:pw@a.org/", '<p><a href="https://a.org/">https://a.org/</a></p>'),
        (
            "(https://x.org/Rome_(city))",
            '<p>(<a href="https://x.org/Rome_(city)">https://x.org/Rome_(city)</a>)</p>',
        ),
        ("<p></p><b></b>", ""),
    ],
)
def test_rich_text(text, html):
    assert rich_text(text) == html


@pytest.mark.parametrize("text", ODD)
def test_what_comes_out_is_well_formed_and_stays_as_it_is(text):
    once = rich_text(text)
    assert rich_text(once) == once
    assert set(re.findall(r"</?([a-z0-9]+)", once)) <= {
        "p", "h3", "h4", "blockquote", "ul", "ol", "li", "hr", "br", "b", "i", "a"
    }  # fmt: skip


@pytest.mark.parametrize("text", ODD)
def test_a_body_is_the_same_after_the_editor_saved_it_untouched(text):
    """Otherwise every page that an editor ever saved would be in conflict with its feed."""
    body = rich_text(text)
    saved = _as_saved_by_the_editor(body)
    assert "data-block-key" in saved
    again = _as_saved_by_the_editor(body)
    assert canonical(again) == canonical(saved)


@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "&#106;avascript:x",
        "file:///x",
    ],
)
def test_links_lead_to_the_web_only(href):
    assert "href" not in rich_text(f'<a href="{href}">x</a>')


def test_links_of_a_body():
    assert links(
        rich_text('https://a.org/?b=1&c=2 <a href="mailto:x@y.org">x</a> https://a.org/?b=1&c=2')
    ) == ["https://a.org/?b=1&c=2"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<b>PyCon</b>", "PyCon"),
        ("a < b", "a < b"),
        ("</script><script>alert(1)</script>", ""),
        ("Tom &amp;amp; Co", "Tom & Co"),
        ("I <3 Py", "I <3 Py"),
        ("Vec<T> in Rust", "Vec<T> in Rust"),
        ("if a<b then c>d", "if a<b then c>d"),
        ("&lt;EarthCODE&gt; day", "<EarthCODE> day"),
        ('<span class="x">Py</span><!-- no -->Con', "PyCon"),
        (" two\n lines\t", "two lines"),
        ("nul\0 bell\x07 surrogate\udcff", "nul bell surrogate"),
    ],
)
def test_plain_line(text, line):
    assert plain_line(text) == line
