"""Each section on a page: with little, with much and with hostile content, its pictures, words and queries."""

import re
from html import unescape
from itertools import count
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.images.blocks import ImageBlock, ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from earthcode.blocks import LinkBlock, SectionStreamBlock
from earthcode.icons import ICON_CHOICES, ICONS
from earthcode.models import ContentPage, PortalImage
from earthcode.templatetags.pictures import focus_step
from events.models import EventIndexPage
from partners.models import PartnerIndexPage
from tests.builders import (
    make_content_page,
    make_event,
    make_event_index,
    make_home,
    make_image,
    make_partner,
    make_partner_index,
    make_roadmap,
    make_stage,
    the,
)

pytestmark = pytest.mark.django_db

BODY = ContentPage._meta.get_field("body").stream_block
HOSTILE = "</p><script>alert(1)</script>" + "Rindfleischetikettierungsüberwachungsaufgabe" * 4


def fill(block, text, *, image=None, page=None, several=1, is_full=True):
    """Raw data for `block`: `text()` wherever words go, `several` of what can be several; without `is_full`, only
    what an editor has to fill in."""

    def again(child):
        return fill(child, text, image=image, page=page, several=several, is_full=is_full)

    if isinstance(block, ImageBlock):
        needed = image and (is_full or block.child_blocks["image"].required)
        return {"image": image.pk if needed else None, "decorative": False, "alt_text": "A description"}
    if isinstance(block, LinkBlock):
        if not (is_full or block.child_blocks["text"].required):
            return {"text": "", "page": None, "address": ""}
        return {"text": text(), "page": page and page.pk, "address": "" if page else "https://example.org/"}
    if isinstance(block, TypedTableBlock):
        cells = [again(child) for child in block.child_blocks.values()]
        columns = [{"type": name, "heading": text()} for name in block.child_blocks]
        return {"caption": text(), "columns": columns, "rows": [{"values": cells}] * several}
    if isinstance(block, blocks.StructBlock):
        return {name: again(child) for name, child in block.child_blocks.items()}
    if isinstance(block, blocks.ListBlock):
        needed = is_full or (block.meta.min_num or 0) > 0
        return [again(block.child_block) for _ in range(several)] if needed else []
    if isinstance(block, ImageChooserBlock):
        return image.pk if image and (is_full or block.required) else None
    if isinstance(block, (SnippetChooserBlock, blocks.PageChooserBlock)):
        return None
    if isinstance(block, blocks.BooleanBlock):
        return is_full
    if isinstance(block, blocks.IntegerBlock):
        return 1
    if isinstance(block, blocks.ChoiceBlock):
        return next(value for value, _ in reversed(list(block.field.choices)) if value or not is_full)
    if block.name == "address":
        return "https://www.example.org/watch" if is_full or block.required else ""
    if not (is_full or block.required):
        return ""
    if isinstance(block, blocks.RichTextBlock):
        return f"<p>{unescape(text()).replace('<', '&lt;')}</p>"
    return text()


def sections(text, **options):
    return [
        {"type": name, "value": fill(block, text, **options)} for name, block in BODY.child_blocks.items()
    ]


def set_body(page, data):
    page.body = BODY.to_python(data)
    page.save_revision().publish()
    return page


def publish(data, **changes):
    return set_body(make_content_page(**changes), data)


@pytest.fixture
def portal():
    home = make_home()
    make_event_index()
    make_partner_index()
    make_roadmap()
    return home


def fill_the_portal():
    make_event(the(EventIndexPage), title="Hackathon", start_date="2099-01-01")
    make_partner(the(PartnerIndexPage), title="Telespazio")
    make_stage(title="Foundations")


def visible(html):
    """The words of <main> without those of the hero that every page has."""
    main = re.search(r"<main.*</main>", html, re.DOTALL)[0]
    return unescape(re.sub(r"<[^>]*>", " ", main))


def test_every_section_is_complete_with_the_least_an_editor_can_write(client, portal):
    data = sections(lambda: "Word", image=make_image(), is_full=False)
    assert [item["type"] for item in data] == list(SectionStreamBlock().child_blocks)
    BODY.clean(BODY.to_python(data))
    html = client.get(publish(data).url).content.decode()
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert not re.search(r"<(h\d|a|p|li|dd|dt|figcaption|th|span)( [^>]*)?>\s*</\1>", html), "empty elements"
    assert 'href=""' not in html
    assert "None" not in visible(html)


def test_every_section_shows_all_that_an_editor_can_write(client, portal):
    fill_the_portal()
    target = make_content_page(title="Target")
    numbers = count()
    written = []

    def text():
        written.append(f"word{next(numbers)}word")
        return written[-1]

    data = sections(text, image=make_image(), page=target, several=2)
    BODY.clean(BODY.to_python(data))
    html = client.get(publish(data).url).content.decode()
    seen = [word for word in written if word in html]
    unseen = set(written) - set(seen)
    heading_of_recent_events = next(item["value"] for item in data if item["type"] == "events")
    assert unseen == {heading_of_recent_events["heading_without_upcoming"]}
    assert html.count("<details>") == 2
    assert '<ol class="steps" role="list">' in html
    assert '<th scope="col"' in html
    assert '<th scope="row">' in html
    assert "Image: " not in html, "nobody is named where nobody is known"


def test_no_section_is_broken_by_what_is_in_it(client, portal):
    target, image = make_content_page(title="Target"), make_image(credit=HOSTILE[:200], licence=HOSTILE[:100])
    page = publish(sections(lambda: HOSTILE, image=image, page=target, several=2))
    html = client.get(page.url).content.decode()
    assert "<script>alert" not in html
    assert html.count("alert(1)") > 40
    assert f'href="{target.url}"' in html
    target.delete()
    Path(image.file.path).unlink()
    image.renditions.all().delete()
    html = client.get(page.url).content.decode()
    assert 'href=""' not in html
    assert "<img" not in re.search(r"<main.*</main>", html, re.DOTALL)[0]
    image.delete()
    assert client.get(page.url).status_code == 200


def test_queries_do_not_grow_with_the_sections(client, portal, settings):
    settings.CACHES = {
        **settings.CACHES,
        "renditions": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
    }
    pages = [make_content_page(title=f"Page {number}") for number in range(3)]
    images = [make_image(), make_image()]
    counts = []
    for several in (1, 2):
        data = [
            item
            for number in range(several)
            for item in sections(lambda: "Word", image=images[number], page=pages[number], several=several)
            if item["type"] not in ("events", "partners", "roadmap")
            and (item["type"] != "hero" or not number)
        ]
        page = publish(data, title=f"Body {several}")
        client.get(page.url)  # makes the renditions
        with CaptureQueriesContext(connection) as queries:
            client.get(page.url)
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 36


def test_the_search_knows_exactly_what_visitors_read(client, portal):
    numbers = count()
    data = sections(lambda: f"word{next(numbers)}word", image=make_image(), several=2)
    page = publish([item for item in data if item["type"] not in ("events", "logos")])
    read = set(re.findall(r"word\d+word", visible(client.get(page.url).content.decode())))
    searched = set(re.findall(r"word\d+word", page.words_of_body))
    assert searched == read
    assert len(read) > 100
    for word in ("Light grey", "lagoon", "Important", "globe", "description", "example.org/watch"):
        assert word not in page.words_of_body


def test_sections_stay_two_levels_deep():
    def depth(block):
        children = getattr(block, "child_blocks", None) or {}
        if hasattr(block, "child_block"):
            children = {"item": block.child_block}
        is_level = isinstance(block, blocks.StructBlock) and not isinstance(block, (LinkBlock, ImageBlock))
        return is_level + max(map(depth, children.values()), default=0)

    assert {name: depth(block) for name, block in BODY.child_blocks.items() if depth(block) > 2} == {}


# Pictures


def draw(image, shape="card", **options):
    arguments = " ".join(f'{name}="{value}"' for name, value in options.items())
    template = Template(f'{{% load pictures %}}{{% picture image "{shape}" {arguments} %}}')
    return template.render(Context({"image": image}))


def large_image(**changes):
    from io import BytesIO

    from django.core.files.base import ContentFile
    from PIL import Image

    content = BytesIO()
    Image.new("RGB", (1000, 800), "teal").save(content, "JPEG")
    return PortalImage.objects.create(title="Large", file=ContentFile(content.getvalue(), "l.jpg"), **changes)


def test_a_picture_comes_in_two_formats_and_several_sizes_and_says_how_large_it_is():
    html = draw(large_image(description="A coast"))
    assert re.search(
        r'<source type="image/avif" srcset="[^"]+\.avif 360w, [^"]+\.avif 720w" sizes="[^"]+">', html
    )
    assert re.search(r'src="[^"]+\.webp" srcset="[^"]+\.webp 360w, [^"]+\.webp 720w"', html)
    assert 'width="720" height="480" alt="A coast" loading="lazy"' in html


def test_the_picture_of_the_hero_is_there_first(client, portal):
    image = large_image(
        credit="ESA", focal_point_x=950, focal_point_y=400, focal_point_width=10, focal_point_height=10
    )
    data = fill(BODY.child_blocks["hero"], lambda: "Word", image=image)
    html = client.get(publish([{"type": "hero", "value": data}]).url).content.decode()
    tag = re.search(r'<img class="[^"]*hero__image[^>]*>', html)[0]
    assert 'fetchpriority="high"' in tag
    assert 'sizes="100vw"' in tag
    assert 'alt=""' in tag
    assert "loading" not in tag
    assert "picture--focus-4" in tag
    assert "Image: ESA" in html


def test_a_small_picture_is_not_offered_twice():
    html = draw(make_image())
    assert html.count("8w") == 2, "once in each format"


@pytest.mark.parametrize(
    ("decorative", "alt_text", "alt"),
    [(False, "Here", "Here"), (True, "Here", ""), (False, "", "A teal square")],
)
def test_the_alternative_text_is_the_one_of_the_place(decorative, alt_text, alt):
    value = {"image": make_image().pk, "decorative": decorative, "alt_text": alt_text}
    assert f' alt="{alt}"' in draw(ImageBlock().to_python(value))


@pytest.mark.parametrize(("x", "step"), [(None, 2), (0, 0), (499, 2), (999, 4)])
def test_the_focal_point_says_which_part_of_a_picture_stays(x, step):
    point = {"x": x, "y": 1, "width": 1, "height": 1} if x is not None else {}
    image = large_image(**{f"focal_point_{name}": value for name, value in point.items()})
    assert focus_step(image.get_rendition("max-200x200")) == step


def test_a_picture_without_words_is_refused_unless_it_only_decorates():
    block = BODY.child_blocks["figure"]
    value = {"heading": "", "introduction": "", "colour": "white", "caption": ""}

    def clean(**picture):
        return block.clean(block.to_python({**value, "image": {"image": make_image().pk, **picture}}))

    clean(decorative=True, alt_text="")
    clean(decorative=False, alt_text="A coast")
    with pytest.raises(ValidationError):
        clean(decorative=False, alt_text="")


# Links, tables, icons


def test_a_link_that_may_stay_empty_is_whole_or_not_there():
    block = BODY.child_blocks["cards"].child_blocks["cards"].child_block.child_blocks["link"]

    def clean(**link):
        return block.clean(block.to_python({"text": "", "page": None, "address": "", **link}))

    assert clean().href == ""
    assert clean(text="Go on", address="https://example.org/").href == "https://example.org/"
    for wrong in (
        {"text": "Go on"},
        {"address": "https://example.org/"},
        {"text": "x", "address": "javascript:x"},
    ):
        with pytest.raises(ValidationError):
            clean(**wrong)


@pytest.mark.parametrize(
    "changes",
    [
        {"caption": " "},
        {"columns": [{"type": "text", "heading": ""}]},
        {"rows": []},
        {"columns": [], "rows": []},
    ],
)
def test_a_table_has_a_caption_headings_and_rows(changes):
    block = BODY.child_blocks["table"]
    good = {"caption": "A", "columns": [{"type": "text", "heading": "B"}], "rows": [{"values": ["C"]}]}

    def clean(table):
        return block.clean(
            block.to_python({"heading": "", "introduction": "", "colour": "white", "table": table})
        )

    clean(good)
    with pytest.raises(ValidationError):
        clean({**good, **changes})


def test_code_is_shown_as_it_was_written(client, portal):
    code = "\n  if a < b && c:\n\tprint('<b>')"
    value = {**fill(BODY.child_blocks["code"], lambda: "Word"), "code": code}
    html = client.get(publish([{"type": "code", "value": value}]).url).content.decode()
    assert unescape(re.search(r"<code>(.*?)</code>", html, re.DOTALL)[1]) == code
    assert 'tabindex="0"' in re.search(r"<pre[^>]*>", html)[0]


def test_a_video_is_a_link_that_says_where_it_leads(client, portal):
    value = fill(BODY.child_blocks["video"], lambda: "Word", image=make_image())
    html = client.get(publish([{"type": "video", "value": value}]).url).content.decode()
    assert "Watch “Word” on example.org" in html
    assert "<iframe" not in html
    assert html.count("example.org/watch") == 1


def test_icons_are_small_and_those_that_there_are():
    assert len(str(ICONS)) < 3000
    assert len(ICON_CHOICES) == len(dict(ICON_CHOICES)) == len({icon.path for icon in ICONS.values()})
    icon = Template("{% load pictures %}{% icon name %}")
    assert 'aria-hidden="true"' in icon.render(Context({"name": "globe"}))
    for name in ("", None, '"><script>'):
        assert icon.render(Context({"name": name})) == ""
