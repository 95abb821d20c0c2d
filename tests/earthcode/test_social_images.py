"""Every page has an image for sharing: the chosen one, or one drawn of its words, once."""

import os
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from wagtail.models import Page, PageViewRestriction

from earthcode import social_images
from earthcode.lettering import archivo, legible, wrap
from earthcode.models import ContentPage
from earthcode.social_images import Card, clear_old, draw, drawn_image, lay_out
from events.models import EventPage
from tests.builders import (
    make_content_page,
    make_event,
    make_event_index,
    make_home,
    make_image,
    make_mission,
    make_partner,
    make_partner_index,
    make_roadmap,
    make_stage,
)

LONG = "An international workshop on reproducible analysis-ready data cubes " * 6
CARDS = [
    Card("Events"),
    Card("EarthCODE"),
    Card("FOSS4G Europe", ("14–20 July 2025", "Mostar, Bosnia and Herzegovina")),
    Card("Øresund, Łódź and Kőszeg: ş, ß, é", ("Ağrı",)),
    Card(LONG, (LONG, LONG)),
    Card("地球観測", ("東京",)),
    Card("مؤتمر الأرض", ("\u202egnirahs\u2028",)),
    Card("🌍"),
    Card("", ("",)),
]


# The words


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.title[:12])
def test_a_drawn_image_is_a_small_png_of_the_size_for_sharing(card):
    content = draw(card)
    with Image.open(BytesIO(content)) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert len(content) <= 100_000


def test_the_colours_are_those_of_the_portal():
    with Image.open(BytesIO(draw(CARDS[2]))) as picture:
        colours = {colour for _, colour in picture.convert("RGB").getcolors(256)}
    for hexadecimal in ("003247", "ffffff", "5fdccf", "ff8a3d"):
        assert tuple(bytes.fromhex(hexadecimal)) in colours


def test_what_differs_in_words_differs_in_picture_and_address():
    cards = [Card("One"), Card("Two"), Card("One", ("July",)), Card("One", ("July", "Rome"))]
    assert len({card.digest for card in cards}) == len(cards)
    assert len({draw(card) for card in cards}) == len(cards)
    assert Card("One").digest == Card("One").digest


def test_another_way_of_drawing_has_another_address(monkeypatch):
    before = Card("One").digest
    monkeypatch.setattr(social_images, "DRAWING", social_images.DRAWING + 1)
    assert Card("One").digest != before


words = st.text(max_size=300) | st.text("WMÅẤgjß –", max_size=300) | st.text("abcdefg ", max_size=600)


@given(words, st.lists(words, max_size=3))
@example("W" * 255, ["W" * 255, "Å" * 255])
@example("Ấ" * 255, [])
@example("Creating scalable EO workflows with CDSE, EarthCODE and APEx", ["Dates " * 20, "A place " * 20])
@example("\u2066\u202e\u2028a\u0301\u0489\x00", ["\u2029"])
def test_all_ink_stays_inside_the_margins_and_rows_follow_each_other(title, lines):
    rows = lay_out(Card(title, tuple(lines)))
    assert 1 <= len(rows) <= 10
    for row in rows:
        left, top, right, bottom = row.box
        assert left >= 72
        assert right <= 1200 - 72
        assert top >= 48
        assert bottom <= 630 - 40
        assert left < right
        assert top < bottom
    baselines = [row.baseline for row in rows]
    assert baselines == sorted(baselines)


def texts(card, size=None):
    return [" ".join(row.text.split()) for row in lay_out(card) if size is None or row.font.size == size]


def title_rows(title):
    """The rows of the title and their size; the portal's name comes before them."""
    rows = lay_out(Card(title))[1:]
    return [" ".join(row.text.split()) for row in rows], rows[0].font.size


def test_a_short_title_is_large():
    assert title_rows("Events") == (["Events"], 112)


def test_a_longer_title_is_smaller_and_in_up_to_three_rows():
    assert title_rows("Community expansion and open access")[0] == ["Community expansion", "and open access"]
    rows, size = title_rows("Creating scalable EO workflows with CDSE, EarthCODE and APEx")
    assert len(rows) == 3
    assert 48 < size < 112


def test_rows_are_of_like_length():
    font = archivo(48, 680, 75)
    rows = wrap("one two ten six", font, font.getlength("one two ten six") - 1)
    assert [row.split() for row in rows] == [["one", "two"], ["ten", "six"]]


def test_a_title_that_fits_in_no_size_is_cut():
    rows, size = title_rows(LONG)
    assert size == 48
    assert len(rows) == 5
    assert rows[-1].endswith("…")
    assert LONG.startswith(" ".join(rows).removesuffix("…"))


def test_a_very_long_word_is_broken_and_not_lost():
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    rows, size = title_rows(word)
    assert size == 48
    assert "".join(rows) == word
    assert wrap("WWW", archivo(48, 680, 75), 10) == ["W", "W", "W"], "not even a letter fits"


def test_the_lines_stand_under_the_title_and_there_are_two():
    assert texts(Card("Title", ("14 July", "Rome", "too much"))) == ["EarthCODE", "Title", "14 July", "Rome"]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Łódź, Øresund, Kőszeg, ş ß é", "Łódź, Øresund, Kőszeg, ş ß é"),
        ("e\u0301te\u0301", "été"),
        ("ḑ ﬁne ㎡", "d ﬁne m2"),
        ("β-diversity at 10 μm", "beta-diversity at 10 μm"),
        ("Workshop 🌍 for all", "Workshop for all"),
        ("Workshop 東京", "Workshop"),
        ("H̵̢̛e̴l̷p", "Help"),
        ("a\u202eb\x00c\u2028d\u200be", "abc de"),
        ("地球観測シンポジウム", ""),
        ("Αθήνα", ""),
        ("EO 東京東京東京", ""),
        ("🌍", ""),
        ("", ""),
        ("2026", "2026"),
    ],
)
def test_what_the_font_lacks_is_replaced_or_left_out(text, seen):
    assert legible(text) == seen


@pytest.mark.parametrize("title", ["地球観測シンポジウム", "", "🌍", "EarthCODE"])
def test_without_a_title_the_portals_name_is_large_and_stands_there_once(title):
    assert texts(Card(title, ("14 July",))) == ["EarthCODE", "14 July"]
    assert texts(Card(title), size=112) == ["EarthCODE"]


# The storage


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def drawings(monkeypatch):
    """The cards that were drawn."""
    drawn = []

    def counted(card):
        drawn.append(card)
        return draw(card)

    monkeypatch.setattr(social_images, "draw", counted)
    return drawn


def stored(media):
    return sorted(path.name for path in Path(media, "social").glob("*"))


def test_what_was_drawn_once_is_read_from_then_on(media, drawings):
    card = Card("Events")
    content = drawn_image(7, card)
    assert drawn_image(7, card) == content
    assert drawings == [card]
    assert stored(media) == [f"7-{card.digest}.png"]


def test_a_file_without_its_end_is_drawn_anew(media, drawings):
    card = Card("Events")
    content = drawn_image(7, card)
    path = media / "social" / f"7-{card.digest}.png"
    for rest in (content[:1000], b""):
        path.write_bytes(rest)
        assert drawn_image(7, card) == content
        assert path.read_bytes() == content
    assert len(drawings) == 3


def test_two_first_requests_at_once_leave_one_file(media, monkeypatch):
    save = FileSystemStorage.save

    def after_another(self, name, content):
        save(self, name, content)
        return save(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "save", after_another)
    card = Card("Events")
    assert drawn_image(7, card) == draw(card)
    assert stored(media) == [f"7-{card.digest}.png"]


def test_a_full_disk_keeps_no_image_back(media, monkeypatch, caplog):
    def full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    assert drawn_image(7, Card("Events")) == draw(Card("Events"))
    assert "not stored" in caplog.text


def test_after_a_month_a_drawing_is_removed(media):
    now = datetime(2026, 11, 30, 3, 37, tzinfo=UTC)
    clear_old(now)
    for page_id, age in ((1, timedelta(days=29)), (2, timedelta(days=31))):
        drawn_image(page_id, Card("Events"))
        at = (now - age).timestamp()
        os.utime(default_storage.path(f"social/{page_id}-{Card('Events').digest}.png"), (at, at))
    clear_old(now)
    assert stored(media) == [f"1-{Card('Events').digest}.png"]


# The address


@pytest.fixture
def home(db, media):
    return make_home()


class _Meta(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "meta":
            name = attributes.get("property") or attributes.get("name")
            assert name is None or name not in self.found, f"{name} twice"
            self.found[name] = attributes.get("content")


def meta(response):
    return _Meta(response.content.decode()).found


def path_of(page):
    return page.social_card.path(page.pk)


def test_the_image_is_for_everybody_and_for_ever(client, home, drawings):
    response = client.get(path_of(home))
    assert response.status_code == 200
    assert response["Content-Type"] == "image/png"
    # For ever in a browser; a shared cache asks again whether the page is still public.
    assert response["Cache-Control"] == "public, s-maxage=60, max-age=31536000, immutable"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")
    with Image.open(BytesIO(response.content)) as picture:
        assert picture.size == (1200, 630)
    client.get(path_of(home))
    assert len(drawings) == 1


def test_an_answer_to_head_has_the_headers_and_nothing_else(client, home):
    whole, head = client.get(path_of(home)), client.head(path_of(home))
    assert head.status_code == 200
    assert not head.content
    for name in ("Content-Type", "Content-Length", "Cache-Control"):
        assert head[name] == whole[name]
    assert client.get(path_of(home), headers={"if-none-match": whole["ETag"]}).status_code == 304
    assert client.post(path_of(home)).status_code == 405


@pytest.mark.parametrize("digest", ["0123456789abcdef", "x", "a" * 300])
def test_a_made_up_digest_draws_nothing_and_leads_to_the_image(client, home, drawings, media, digest):
    response = client.get(reverse("social_image", args=(home.pk, digest)))
    assert response.status_code == 302
    assert response["Location"] == path_of(home)
    assert response["Cache-Control"] == "private, no-store"
    assert drawings == []
    assert stored(media) == []


def test_a_page_that_changes_has_another_address(client, home):
    page = make_content_page(title="Before")
    before = path_of(page)
    page.title = "After"
    page.save_revision()
    assert client.get(before).status_code == 200, "a draft changes nothing"
    page.get_latest_revision().publish()
    assert client.get(before)["Location"] == path_of(ContentPage.objects.get())


def assert_nothing(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response["Cache-Control"] == "private, no-store"
    assert "Secret" not in response.content.decode()


@pytest.mark.parametrize("restriction", ["password", "login"])
def test_private_pages_have_no_image_and_neither_have_those_below(client, admin_client, home, restriction):
    page = make_content_page(title="Secret")
    below = make_content_page(page, title="Secret too")
    client.get(path_of(page))  # drawn while it was public
    PageViewRestriction.objects.create(page=page, restriction_type=restriction, password="sesame")
    for path in (path_of(page), path_of(below), reverse("social_image", args=(page.pk, "0"))):
        for visitor in (client, admin_client):
            assert_nothing(visitor, path)


def test_drafts_have_no_image(client, home):
    page = make_content_page(title="Secret")
    path = path_of(page)
    page.unpublish()
    assert_nothing(client, path)


def test_what_is_no_page_of_the_portal_has_no_image(client, home):
    page = make_content_page(title="Secret")
    path = path_of(page)
    page.delete()
    root = Page.objects.get(depth=1)
    outside = root.add_child(instance=ContentPage(title="Secret", slug="outside"))
    plain = home.add_child(instance=Page(title="Secret", slug="plain"))
    for address in (
        path,
        path_of(outside),
        reverse("social_image", args=(root.pk, "0")),
        reverse("social_image", args=(plain.pk, "0")),
        f"/social/{'9' * 30}-0123456789abcdef.png",
        f"/social/{'9' * 5000}-0123456789abcdef.png",
        "/social/1.png",
        "/social/",
    ):
        assert_nothing(client, address)


# The head of a page


def make_every_kind():
    make_mission()
    make_content_page(title="A page")
    make_event_index()
    make_event(title="Hackathon", image=make_image())
    make_partner_index()
    make_partner(title="Telespazio")
    make_roadmap()
    make_stage(title="Foundations")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/about/",
        "/a-page/",
        "/events/",
        "/events/past/",
        "/events/hackathon/",
        "/partners/",
        "/partners/telespazio/",
        "/roadmap/",
        "/roadmap/foundations/",
    ],
)
def test_every_page_has_a_drawn_image_unless_one_is_chosen(client, home, settings, path):
    settings.BASE_URL = "https://portal.example.org"
    make_every_kind()
    found = meta(client.get(path))
    assert found["og:image"].startswith("https://portal.example.org/social/")
    assert found["og:image:type"] == "image/png"
    assert (found["og:image:width"], found["og:image:height"]) == ("1200", "630")
    assert found["og:image:alt"]
    assert found["twitter:card"] == "summary_large_image"
    assert client.get(found["og:image"].removeprefix("https://portal.example.org")).status_code == 200


def test_looking_at_a_page_draws_nothing(client, home, drawings):
    assert client.get("/").status_code == 200
    assert drawings == []


def test_a_chosen_image_wins(client, home):
    page = make_content_page(title="A page", social_image=make_image(description="A teal square"))
    found = meta(client.get(page.url))
    assert "/media/images/" in found["og:image"]
    assert found["og:image"] == page.social_image_url
    assert found["og:image"].startswith("https://testserver/")
    assert (found["og:image:type"], found["og:image:alt"]) == ("image/jpeg", "A teal square")
    with Image.open(page.social_image.renditions.get().file) as picture:
        assert (found["og:image:width"], found["og:image:height"]) == tuple(map(str, picture.size))


def test_where_the_chosen_image_is_broken_the_drawn_one_is_used(client, home):
    image = make_image()
    page = make_content_page(title="A page", social_image=image)
    Path(image.file.path).unlink()
    response = client.get(page.url)
    assert response.status_code == 200
    assert meta(response)["og:image"] == f"https://testserver{path_of(page)}"


def test_the_address_for_others_costs_no_query(home, django_assert_num_queries):
    make_event_index()
    make_event(title="Drawn")
    make_event(title="Chosen", social_image=make_image())
    [event.social_image_url for event in EventPage.objects.listed()]  # makes the rendition
    drawn, chosen = EventPage.objects.listed().order_by("-title")
    with django_assert_num_queries(0):
        assert drawn.social_image_url == f"https://testserver{path_of(drawn)}"
        assert "/media/images/" in chosen.social_image_url


def test_a_title_with_markup_stays_in_its_place(client, home):
    page = make_content_page(title='"><script>alert(1)</script>', slug="evil")
    assert meta(client.get(page.url))["og:image:alt"] == page.title
    assert client.get(path_of(page)).status_code == 200


def test_the_home_page_says_what_its_hero_says(home):
    assert home.social_card == Card("EarthCODE")
    hero = {"type": "hero", "value": {"title": "Open science", "overline": "Our environment"}}
    home.body = home._meta.get_field("body").stream_block.to_python([hero])
    assert home.social_card == Card("Open science", ("Our environment",))


def test_an_event_says_when_and_where_and_that_it_does_not_take_place(home):
    make_event_index()
    event = make_event(title="Hackathon", city="Frascati", country="Italy")
    assert event.social_card == Card("Hackathon", ("30 November 2026", "Frascati, Italy"))
    event.city = event.country = ""
    event.event_status = "EventCancelled"
    assert event.social_card == Card("Hackathon", ("Cancelled · 30 November 2026",))


def test_partners_and_stages_say_what_they_are(home):
    make_partner_index()
    make_roadmap()
    assert make_partner(title="EOX").social_card == Card("EOX", ("Partner of EarthCODE",))
    assert make_stage(title="Openness", period="Year 2+").social_card == Card("Openness", ("Year 2+",))


@pytest.mark.django_db
def test_a_page_that_was_never_saved_has_no_image():
    assert ContentPage(title="New").shared_image is None


# The admin


def test_editors_see_the_drawn_image(admin_client, home):
    page = make_content_page(title="A page")
    edit = reverse("wagtailadmin_pages:edit", args=(page.pk,))
    assert path_of(page) in admin_client.get(edit).content.decode()
    restriction = PageViewRestriction.objects.create(page=page, restriction_type="login")
    assert "/social/" not in admin_client.get(edit).content.decode()
    restriction.delete()
    page.unpublish()
    assert "/social/" not in admin_client.get(edit).content.decode()


def test_editors_of_a_new_page_see_when_there_will_be_one(admin_client, home):
    add = reverse("wagtailadmin_pages:add", args=("earthcode", "contentpage", home.pk))
    html = admin_client.get(add).content.decode()
    assert "Once everybody may read this page" in html
    assert "/social/" not in html
