"""The initial content: the words of the source, planted once and never over what an editor made of it."""

import re
import shutil
from datetime import date, time
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils.timezone import now
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision, Site

from earthcode import seeding
from earthcode.models import ContentPage, HomePage, MissionPage, SeedRecord, SiteSettings
from events.importing.models import ImportSource
from events.importing.timetable import due
from events.models import EventIndexPage, EventPage, EventTopic, EventType
from partners.models import PartnerIndexPage, PartnerPage
from roadmap.models import RoadmapPage, RoadmapStagePage

pytestmark = pytest.mark.django_db

INTRODUCTION = (
    "ESA's EarthCODE is a dynamic Collaborative Open Development Environment created to transform Earth "
    "System Science by embedding FAIR and Open Science Principles into the scientific development process. "
    "By providing tools, expertise, and opportunities, EarthCODE enables science teams to seamlessly adopt "
    "open science practices as part of their workflows. EarthCODE integrates the Open Science Catalogue, "
    "making it effortless to discover novel research outcomes from ESA Science Clusters activities and "
    "beyond. With seamless access to commercial platform services and a wealth of community resources and "
    "tools, EarthCODE empowers scientists to collaborate, innovate, and adhere to open research practices, "
    "driving the next wave of discovery in Earth Science."
)
# The parts of the model statement in Commission Implementing Decision (EU) 2018/1523.
STATEMENT = [
    "Compliance status",
    "Non-accessible content",
    "Preparation of this statement",
    "Feedback and contact information",
    "Enforcement procedure",
]

STATEMENTS = [
    (
        "Mission statement",
        "Our mission is to develop an open-source solution that empowers scientists to adopt FAIR and Open "
        "Science principles, whether conducting research on cloud environments accessible via the EarthCODE"
        " Portal or their own infrastructure. To maximise the discovery and reuse of FAIR scientific data, "
        "workflows, and documentation, we develop EarthCODE as a hub for research management, "
        "dissemination, community engagement, and learning.",
    ),
    (
        "Vision statement",
        "To accelerate scientific discovery and support Earth Action by making Earth science data and "
        "methods FAIR, Open, and reproducible. Leveraging cutting-edge cloud computing technologies, AI, "
        "and open-source solutions, we empower collaboration and innovation for a sustainable future.",
    ),
    (
        "Goals overview",
        "EarthCODE is designed to deliver a user-centric, advanced open science environment tailored to the"
        " needs of EO scientists. By focusing on usability and engagement, EarthCODE ensures researchers "
        "can efficiently conduct FAIR, reproducible, and sustainable Earth Science research within the "
        "ESRIN Science Hub and ESA Science Clusters.",
    ),
]
PARTNERS = [
    (
        "Telespazio",
        "Leading project management and technical innovation, driving EarthCODE’s success with cutting-edge"
        " EO expertise",
        "https://www.telespazio.com",
    ),
    (
        "EOX",
        "Championing FAIR and Open-Science principles and bringing Euro Data Cube and the Open-Science "
        "Catalog to EarthCODE as well as developing the EarthCODE portal",
        "https://eox.at/",
    ),
    (
        "Brockmann Consult",
        "Integrating DeepESDL Platform into EarthCODE enabling machine-learning and artificial intelligence"
        " workflows",
        "https://www.brockmann-consult.de/",
    ),
    (
        "Lampata",
        "Leading science community communication and deploying Pangeo for EarthCODE collaboration",
        "https://www.lampata.eu/",
    ),
    (
        "Pangeo",
        "Building community, guides, and bringing the Pangeo Ecosystem to power EarthCODE",
        "https://www.pangeo.io/",
    ),
    (
        "Vito",
        "Powering EarthCODE by deploying the OpenEO Platform for standardized Earth Observation workflows",
        "https://vito.be/en",
    ),
]
ROADMAP_INTRODUCTION = (
    "The EarthCODE platform is constantly evolving, with its roadmap regularly updated to include new "
    "enhancements. Stay tuned for more data offerings and upcoming services soon."
)
STAGES = [
    (
        "Year 1",
        "Foundational Development",
        "ongoing",
        "Establish core architecture and user-centric design",
        "Develop the EarthCODE architecture catering to the needs of the ESA Earth System Science "
        "activities; identify and procure services and technologies; pursue synergies with open-source "
        "communities and coordination with other initiatives (EOEPCA+, APEx)",
    ),
    (
        "Year 2",
        "Initial Platform Deployment",
        "coming_up",
        "Deploy an MVP (minimum viable product) to selected users",
        "Launch the Portal with core features such as data discovery, workflow management, and integration "
        "with cloud computing services; provide tutorials, documentation, and training to ensure efficient "
        "onboarding; begin community-building initiatives to engage early adopters and collect feedback; "
        "first reproducibility demonstrations",
    ),
    (
        "Year 2+",
        "Community Expansion and Open Access",
        "coming_up",
        "Foster collaboration and broaden community access",
        "Open the platform to the wider scientific community with features for open access, publishing, and"
        " citation of scientific outputs; build a library of open-source resources, including reusable code"
        " and example workflows; strengthen community engagement through events, forums, and collaboration "
        "tools",
    ),
    (
        "Year 3+",
        "Enhance scalability and functionality",
        "coming_up",
        "Expand features and refine scalability",
        "Incorporate additional platform services and applications to meet diverse project needs; integrate"
        " more advanced tools for automation, complex analyses, and machine learning workflows; enhance "
        "reproducibility capabilities; demonstrate reproducible workflows across multiple platforms",
    ),
    (
        "Year 4+",
        "Long-Term Sustainability and Growth",
        "coming_up",
        "Ensure sustainability and adaptability for future needs",
        "Establish a governance model for long-term maintenance and evolution; continuously add new "
        "platform services and refine existing tools based on user feedback and evolving scientific "
        "challenges; integrate advanced technologies such as AI and advanced visualisation, enhance "
        "scalability and capabilities",
    ),
]
EVENTS = {
    "FOSS4G": (
        date(2025, 7, 14),
        date(2025, 7, 20),
        "Europe/Sarajevo",
        "Mostar, Bosnia-Herzegovina",
        "https://earthcode.esa.int/blog/foss4g-workshop-july2025/",
        "Meet the EarthCODE team and learn about the platform in a hands-on workshop which will guide "
        "participants through the full work-cycle on EarthCODE, from accessing Earth Observation (EO) "
        "datasets to publishing experiments for the wider scientific community.",
    ),
    "EGU General Assembly 2025": (
        date(2025, 4, 27),
        date(2025, 5, 2),
        "Europe/Vienna",
        "Vienna, Austria",
        "https://www.egu25.eu/",
        "Meet the EarthCODE team at a forum addressed to scientists from all over the world, discover their"
        " work and discuss the ideas with experts in all fields of geoscience.",
    ),
    "Living Planet Symposium 2025": (
        date(2025, 6, 23),
        date(2025, 6, 27),
        "Europe/Vienna",
        "Vienna, Austria",
        "https://lps25.esa.int/",
        "Held every three years, ESA’s Living Planet Symposia are among the world’s premier events on Earth"
        " observation.",
    ),
}

ACME = """
[[page]]
path = "/partners/acme/"
model = "partners.PartnerPage"
title = "Acme"
role = "Trying things out"
"""
LINK_TO_THE_ROADMAP = """
[[page]]
path = "/more/"
model = "earthcode.ContentPage"
title = "More"
[[page.body]]
type = "hero"
value = { title = "More", actions = [{ text = "See the roadmap", page = "/roadmap/" }] }
"""


def seed():
    out = StringIO()
    call_command("seed_content", stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture(scope="class")
def seeded(module_db):
    """The content, planted once for a class of tests; each test still rolls back what it changes itself."""
    with transaction.atomic():
        seed()
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def no_remembered_root_paths():
    yield
    Site.clear_site_root_paths_cache()


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A copy of the data files for a test to change; the command reads it in their place."""
    directory = tmp_path / "seed"
    shutil.copytree(seeding.DIRECTORY, directory)
    monkeypatch.setattr(seeding, "DIRECTORY", directory)
    return directory


def replace(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def append(file, text):
    file.write_text(file.read_text() + text)


def sections(page):
    return {block.block_type: block.value for block in page.body}


def plain(rich_text):
    return re.sub(r"</?p>", "", rich_text.source)


def fingerprint():
    """Everything that a second run could have touched."""
    return (
        list(Page.objects.order_by("path").values()),
        list(SiteSettings.objects.values()),
        list(Site.objects.values()),
        list(SeedRecord.objects.order_by("pk").values()),
        Revision.objects.count(),
        PageLogEntry.objects.count(),
        ModelLogEntry.objects.count(),
    )


@pytest.mark.usefixtures("seeded")
class TestContent:
    def test_the_tree_is_sound_and_published(self):
        assert not any(Page.find_problems())
        pages = Page.objects.filter(depth__gt=1).specific()
        assert all(page.live and page.latest_revision and not page.has_unpublished_changes for page in pages)
        assert [type(page) for page in pages.filter(depth=3).order_by("path")] == [
            MissionPage,
            EventIndexPage,
            PartnerIndexPage,
            ContentPage,
            RoadmapPage,
            ContentPage,
            ContentPage,
        ]

    def test_the_home_page_replaces_the_welcome_page(self, settings):
        home = HomePage.objects.get()
        site = Site.objects.get()
        assert (site.root_page_id, site.site_name, site.is_default_site) == (home.pk, "EarthCODE", True)
        assert settings.BASE_URL.startswith(("http://", "https://"))
        assert site.hostname in settings.BASE_URL
        assert not Page.objects.filter(title=seeding.WELCOME_TITLE).exists()
        assert list(Page.get_first_root_node().get_children()) == [home.page_ptr]

    def test_home_says_in_one_line_what_earthcode_is_for(self):
        home = HomePage.objects.get()
        assert [block.block_type for block in home.body] == ["hero", "cards", "events", "partners", "roadmap"]
        hero = sections(home)["hero"]
        assert hero["size"] == "tall"
        assert len(hero["title"].split()) <= 16
        assert [link.href for link in hero["actions"]] == ["https://workspace.earthcode.eox.at/", "/about/"]
        assert [(card["title"], card["link"].href) for card in sections(home)["cards"]["cards"]] == [
            ("Open Science Catalogue", "https://opensciencedata.esa.int/"),
            ("Documentation", "https://esa-earthcode.github.io/documentation/"),
            ("Tutorials", "https://esa-earthcode.github.io/tutorials/"),
            ("Forum", "https://discourse-earthcode.eox.at/"),
            ("Workspace", "https://workspace.earthcode.eox.at/"),
        ]

    def test_the_mission_page_has_the_sections_and_grounds_of_the_source(self):
        page = MissionPage.objects.get()
        assert page.title == "About EarthCODE"
        assert [(block.block_type, block.value.get("colour")) for block in page.body] == [
            ("hero", None),
            ("statements", "white"),
            ("events", "paper"),
            ("partners", "white"),
            ("roadmap", "night"),
        ]
        of = sections(page)
        assert plain(of["hero"]["introduction"]) == INTRODUCTION
        assert of["statements"]["heading"] == "Our Mission, Vision and Goals"
        assert [(s["title"], plain(s["text"])) for s in of["statements"]["statements"]] == STATEMENTS
        assert of["events"]["heading_without_upcoming"] == "Recent events"
        assert plain(of["roadmap"]["introduction"]) == ROADMAP_INTRODUCTION

    @pytest.mark.parametrize("title", EVENTS)
    def test_the_dated_events_of_the_source(self, title):
        event = EventPage.objects.get(title=title)
        first, last, zone, where, website, summary = EVENTS[title]
        assert (event.start_date, event.end_date, event.timezone) == (first, last, zone)
        assert (event.where, event.website, event.summary) == (where, website, summary)
        assert (event.start_time, event.end_time, event.date_text) == (None, None, "")
        assert event.attendance_mode == EventPage.AttendanceMode.IN_PERSON
        assert event.occurrences.count() == 1

    def test_the_undetermined_event_has_no_invented_date(self):
        event = EventPage.objects.get(title="3rd ESA Carbon Science Cluster Meeting")
        assert event.date_status == EventPage.DateStatus.TO_BE_DETERMINED
        assert (event.start_date, event.start_time, event.end_date, event.end_time) == (
            None,
            None,
            None,
            None,
        )
        assert (event.date_text, event.where, event.occurrences.get().starts_at) == ("", "Online", None)
        assert event.website == "https://eo4society.esa.int/event/3rd-esa-carbon-science-cluster-meeting/"
        assert event.summary == (
            "Meeting dedicated to researchers and scientists involved in ESA Carbon Science Cluster, "
            "creating opportunity for projects to present their activities and share common opportunities "
            "and challenges related to open science and research data sharing and collaboration."
        )

    def test_the_two_current_events(self):
        hackathon = EventPage.objects.get(title="EarthCODE Hackathon 2026")
        assert (hackathon.start_date, hackathon.end_date) == (date(2026, 11, 30), date(2026, 12, 4))
        assert hackathon.where == "ESA ESRIN, Frascati, Italy"
        assert hackathon.website == "https://earthcode.esa.int/blog/Hackathon-2026"
        webinar = EventPage.objects.get(title="Creating scalable EO workflows with CDSE, EarthCODE and APEx")
        assert (webinar.start_date, webinar.start_time) == (date(2026, 2, 26), time(14, 0))
        assert (webinar.end_date, webinar.end_time, webinar.website) == (None, None, "")
        assert webinar.when == "26 February 2026, 14:00 CET"
        assert webinar.attendance_mode == EventPage.AttendanceMode.ONLINE
        assert EventPage.objects.count() == 6

    def test_organizers_are_inline_children(self):
        assert {str(o) for event in EventPage.objects.all() for o in event.organizers.all()} == {
            "European Geosciences Union",
            "European Space Agency",
        }

    def test_the_six_partners_in_order(self):
        pages = PartnerPage.objects.order_by("path")
        assert [(page.title, page.role, page.website) for page in pages] == PARTNERS

    def test_the_five_stages_in_order(self):
        pages = RoadmapStagePage.objects.order_by("path")
        assert [(p.period, p.title, p.status, p.objective, p.outcome) for p in pages] == STAGES
        assert RoadmapPage.objects.get().summary == ROADMAP_INTRODUCTION

    def test_the_settings(self):
        row = SiteSettings.objects.get()
        assert [(block.value["text"], block.value.href) for block in row.navigation] == [
            ("Mission", "/about/"),
            ("Events", "/events/"),
            ("Partners", "/partners/"),
            ("Roadmap", "/roadmap/"),
            ("Documentation", "https://esa-earthcode.github.io/documentation/"),
        ]
        assert row.sign_in_url == "https://workspace.earthcode.eox.at/"
        assert row.contact_email == "earth-code@esa.int"
        assert [(g.value["heading"], [link.href for link in g.value["links"]]) for g in row.footer_links] == [
            (
                "Explore",
                [
                    "/resources/",
                    "https://opensciencedata.esa.int/",
                    "https://esa-earthcode.github.io/documentation/",
                    "https://esa-earthcode.github.io/tutorials/",
                    "https://discourse-earthcode.eox.at/",
                ],
            ),
            (
                "ESA",
                [
                    "https://doi.org/10.5281/zenodo.13819557",
                    "https://eo4society.esa.int",
                    "https://sciencehub.esa.int",
                    "https://nor-discover.org",
                ],
            ),
            ("This site", ["/accessibility/", "/privacy/"]),
        ]

    def test_the_accessibility_statement_has_the_parts_of_the_model_and_says_whom_to_tell(self, client):
        html = client.get("/accessibility/").content.decode()
        parts = [html.index(f"<h3>{part}</h3>") for part in STATEMENT]
        assert parts == sorted(parts)
        address = SiteSettings.objects.get().contact_email
        for page in ("/accessibility/", "/privacy/"):
            assert f'href="mailto:{address}"' in client.get(page).content.decode().partition("<footer")[0]

    def test_every_footer_leads_to_the_statement_while_it_is_there(self, client):
        assert 'href="/accessibility/"' in client.get("/there-is-nothing/").content.decode()
        ContentPage.objects.get(slug="accessibility").delete()
        html = client.get("/").content.decode()
        assert "/privacy/" in html
        assert "/accessibility/" not in html

    def test_every_page_describes_itself(self):
        for page in Page.objects.filter(depth__gt=1).specific():
            assert page.meta_description, page.title

    @pytest.mark.parametrize("group", ["Editors", "Moderators"])
    def test_who_may_do_what_besides_pages(self, group, client, django_user_model):
        editor = django_user_model.objects.create_user("editor", password="password")
        editor.groups.add(Group.objects.get(name=group))
        client.force_login(editor)
        edit = f"/admin/snippets/earthcode/sitesettings/edit/{SiteSettings.objects.get().pk}/"
        assert client.get(edit).status_code == 200
        assert client.get("/admin/import_runs/").status_code == 200
        assert client.get("/admin/import_sources/").status_code == 200
        # What has no drafts is live at once: only those who may publish change it.
        for address in (
            "/admin/import_sources/new/",
            "/admin/snippets/events/eventtype/add/",
            "/admin/snippets/events/eventtopic/add/",
        ):
            assert (client.get(address).status_code == 200) == (group == "Moderators"), address

    def test_events_are_sorted_by_the_words_of_the_vocabulary(self):
        hackathon = EventPage.objects.get(slug="earthcode-hackathon-2026")
        assert str(hackathon.event_type) == "Hackathon"
        assert [str(topic) for topic in hackathon.topics.all()] == [
            "Carbon",
            "Cryosphere",
            "FAIR data",
            "Oceans",
            "Open-source software",
        ]
        assert all(event.event_type and event.topics.exists() for event in EventPage.objects.all())
        assert str(hackathon.get_latest_revision_as_object().event_type) == "Hackathon"

    def test_the_calendars_that_editors_would_watch_wait_for_them(self):
        sources = ImportSource.objects.all()
        assert [source.name for source in sources] == [
            "ECMWF (Indico)",
            "EO Science for Society (WordPress)",
            "ESA (Indico)",
            "FOSS4G (pretalx)",
        ]
        for source in sources:
            source.full_clean()
            assert (source.is_paused, source.is_approved, source.interval) == (True, False, 24 * 60)
            assert source.parent == EventIndexPage.objects.get()
        assert not due(now()).exists()


@pytest.mark.usefixtures("seeded")
class TestSeedingAgain:
    def test_a_second_run_changes_nothing(self, django_assert_max_num_queries):
        before = fingerprint()
        with django_assert_max_num_queries(8):  # whatever the number of pages and words
            report = seed()
        assert fingerprint() == before
        assert "Seeded: 48 already there." in report

    def test_what_an_editor_wrote_survives(self):
        page = MissionPage.objects.get()
        page.title = "Why we do this"
        del page.body[1:]
        page.save_revision().publish()
        row = SiteSettings.objects.get()
        row.footer_text = ""
        row.navigation = []
        row.save()
        site = Site.objects.get()
        site.hostname = "elsewhere.example.org"
        site.save()
        before = fingerprint()
        seed()
        assert fingerprint() == before
        page.refresh_from_db()
        assert (page.title, len(page.body)) == ("Why we do this", 1)

    def test_a_draft_survives(self):
        page = PartnerPage.objects.get(title="Vito")
        page.title = "VITO"
        page.save_revision()
        seed()
        page.refresh_from_db()
        assert (page.title, page.draft_title, page.has_unpublished_changes) == ("Vito", "VITO", True)

    def test_a_deleted_page_stays_deleted(self):
        PartnerPage.objects.get(title="Vito").delete()
        report = seed()
        assert not PartnerPage.objects.filter(title="Vito").exists()
        assert "/partners/vito/  left alone: an editor deleted it\n" in report
        assert "Seeded: 47 already there, 1 left alone." in report

    def test_a_deleted_branch_stays_deleted(self):
        EventIndexPage.objects.get().delete()
        report = seed()
        assert not EventPage.objects.exists()
        assert report.count("left alone: an editor deleted it") == 7

    def test_a_renamed_page_is_not_made_again(self):
        page = EventIndexPage.objects.get()
        page.slug = "agenda"
        page.save_revision().publish()
        pages = Page.objects.count()
        seed()
        assert Page.objects.count() == pages
        assert not Page.objects.filter(slug="events").exists()

    def test_a_moved_page_is_not_made_again(self):
        about = MissionPage.objects.get()
        content = about.add_child(instance=ContentPage(title="Old", slug="old"))
        content.move(HomePage.objects.get(), pos="first-child")
        PartnerPage.objects.get(title="Pangeo").move(PartnerIndexPage.objects.get(), pos="first-child")
        before = fingerprint()
        seed()
        assert fingerprint() == before

    def test_a_page_that_is_new_in_the_data_is_added_below_a_renamed_parent(self, data):
        index = PartnerIndexPage.objects.get()
        index.slug = "network"
        index.save_revision().publish()
        append(data / "pages/partners.toml", ACME)
        assert "/partners/acme/  created\n" in seed()
        assert PartnerPage.objects.get(title="Acme").get_parent().slug == "network"

    def test_a_new_page_below_a_deleted_one_is_left_out(self, data):
        PartnerIndexPage.objects.get().delete()
        append(data / "pages/partners.toml", ACME)
        assert "/partners/acme/  left alone: the page above it is gone\n" in seed()
        assert not PartnerPage.objects.exists()

    def test_a_new_page_may_link_to_a_deleted_one(self, data):
        RoadmapPage.objects.get().delete()
        append(data / "pages/about.toml", LINK_TO_THE_ROADMAP)
        seed()
        assert sections(ContentPage.objects.get(slug="more"))["hero"]["actions"][0].href == ""

    def test_an_editors_page_keeps_its_address(self, data):
        HomePage.objects.get().add_child(instance=ContentPage(title="News", slug="news"))
        append(
            data / "pages/events.toml",
            '[[page]]\npath = "/news/"\nmodel = "earthcode.MissionPage"\ntitle = "Ours"\n',
        )
        assert "/news/  left alone: another page has its address\n" in seed()
        assert ContentPage.objects.get(slug="news").title == "News"

    def test_words_that_an_editor_deleted_or_renamed_stay_so(self):
        EventType.objects.get(slug="webinar").delete()
        renamed = EventTopic.objects.get(slug="oceans")
        renamed.name, renamed.slug = "Seas", "seas"
        renamed.save()
        before = (
            fingerprint(),
            sorted(str(word) for word in [*EventType.objects.all(), *EventTopic.objects.all()]),
        )
        seed()
        after = (
            fingerprint(),
            sorted(str(word) for word in [*EventType.objects.all(), *EventTopic.objects.all()]),
        )
        assert after == before


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        ("https://portal.example.org", ("portal.example.org", 443)),
        ("http://portal.example.org", ("portal.example.org", 80)),
        ("http://127.0.0.1:8123", ("127.0.0.1", 8123)),
    ],
)
def test_the_site_stands_at_the_base_url(settings, base_url, address):
    settings.BASE_URL = base_url
    seed()
    site = Site.objects.get()
    assert (site.hostname, site.port) == address


def test_the_slips_of_the_source_are_mended():
    text = "".join(file.read_text() for file in seeding.DIRECTORY.rglob("*.toml"))
    slips = [
        "standardzied",
        "reasearch",
        "initiaitves",
        "and and",
        "at the a forum",
        "discovery In",
        'outcome="',
        " </p>",
    ]
    assert [slip for slip in slips if slip in text] == []
    assert not re.search(r'\s"$', text, re.MULTILINE)


def test_settings_that_an_editor_wrote_first_are_left_alone():
    site = Site.objects.get()
    SiteSettings.objects.create(site=site, contact_email="someone@example.org")
    assert "navigation and footer  left alone: an editor wrote them\n" in seed()
    row = SiteSettings.objects.get()
    assert (row.contact_email, len(row.navigation)) == ("someone@example.org", 0)


def test_settings_that_say_nothing_are_filled():
    SiteSettings.objects.create(site=Site.objects.get())
    seed()
    assert SiteSettings.objects.get().contact_email == "earth-code@esa.int"


# What stands in the way


def test_another_home_page_with_content_is_not_destroyed():
    welcome = Site.objects.get().root_page
    welcome.title = "A portal of somebody else"
    welcome.save()
    before = fingerprint()
    with pytest.raises(CommandError, match="A portal of somebody else"):
        seed()
    assert fingerprint() == before


def test_a_welcome_page_with_pages_below_it_is_not_destroyed():
    welcome = Site.objects.get().root_page
    welcome.add_child(instance=Page(title="Kept", slug="kept"))
    with pytest.raises(CommandError, match="already has a home page"):
        seed()
    assert Page.objects.filter(slug="kept").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("pages/partners.toml", "role =", "roel =", "partners.toml: /partners/telespazio/: roel: "),
        (
            "pages/partners.toml",
            '"partners.PartnerPage"',
            '"partners.Partner"',
            "partners.toml: /partners/telespazio/: model: there is no “partners.Partner”",
        ),
        (
            "pages/partners.toml",
            '"/partners/eox/"',
            '"/partners/telespazio/"',
            "path: it stands here for the second",
        ),
        (
            "pages/partners.toml",
            '"/partners/eox/"',
            '"/nowhere/eox/"',
            "/nowhere/eox/: path: there is no page /nowh",
        ),
        ("pages/partners.toml", '"/partners/eox/"', '"eox"', "partners.toml: path: “eox” has to begin"),
        ("pages/partners.toml", "[[page]]", "[[pages]]", "partners.toml: pages: there is no such key"),
        ("pages/partners.toml", "role = ", "role ", "partners.toml: Expected '='"),
        (
            "pages/events.toml",
            "2025-07-20",
            "2025-07-01",
            "/events/foss4g-2025/: end_date: The last day is before",
        ),
        (
            "pages/events.toml",
            '"Europe/Vienna"',
            '"Europe/Wien"',
            "timezone: “Europe/Wien” is not a time zone",
        ),
        (
            "pages/events.toml",
            '{ name = "European Space',
            '{ nmae = "European Space',
            "organizers[0]: nmae: ",
        ),
        ("pages/events.toml", '"https://www.egu.eu/"', '"egu"', "organizers[0]: website: Enter a valid URL"),
        (
            "pages/events.toml",
            'event_type = "hackathon"',
            'event_type = "hackathons"',
            "/events/earthcode-hackathon-2026/: event_type: vocabulary.toml has no “hackathons” of this kind",
        ),
        (
            "pages/events.toml",
            'event_type = "hackathon"',
            'event_type = ["hackathon"]',
            "/events/earthcode-hackathon-2026/: event_type: it has to be a text",
        ),
        (
            "pages/events.toml",
            '"fair-data"',
            '"hackathon"',
            "/events/earthcode-hackathon-2026/: topics: vocabulary.toml has no “hackathon” of this kind",
        ),
        (
            "pages/events.toml",
            '{ name = "European Space',
            '{ partner = "esa", name = "European Space',
            "organizers[0]: partner: ",
        ),
        ("vocabulary.toml", 'slug = "oceans"', "", "vocabulary.toml: None: slug: it has to be a text"),
        ("vocabulary.toml", 'name = "Oceans"', 'name = ""', "vocabulary.toml: oceans: name: "),
        ("vocabulary.toml", 'slug = "biodiversity"', 'slug = "b d"', "vocabulary.toml: b d: slug: "),
        ("vocabulary.toml", '"events.EventTopic"', '"events.Topic"', "model: there is no “events.Topic”"),
        ("vocabulary.toml", "[[word]]", "[[words]]", "vocabulary.toml: words: there is no such key"),
        ("sources.toml", '"/events/"', '"/event/"', "ESA (Indico): parent: there is no page /event/"),
        ("sources.toml", '"/events/"', "true", "ESA (Indico): parent: it has to be a text"),
        ("sources.toml", '"/events/"', '"/partners/"', "ESA (Indico): parent: "),
        ("sources.toml", "address =", "adress =", "ESA (Indico): address: it has to be a text"),
        ("sources.toml", '"https://indico', '"ftp://indico', "ESA (Indico): address: "),
        ("sources.toml", '"Europe/London"', '"Europe/Reading"', "ECMWF (Indico): timezone: “Europe/Reading”"),
        ("sources.toml", "interval = 1440", "interval = 14", "ESA (Indico): interval: "),
        ("pages/home.toml", 'type = "cards"', 'type = "tiles"', "home.toml: /: body[1]: “tiles” is no block"),
        ("pages/home.toml", "colour =", "color =", "home.toml: /: body[1].color: there is no such key"),
        ("pages/home.toml", 'colour = "white"', 'colour = "pink"', "home.toml: /: body: 1: colour: "),
        ("pages/home.toml", 'page = "/about/"', 'page = "/mission/"', "link to “/mission/” leads nowhere"),
        (
            "pages/home.toml",
            '"https://opensciencedata',
            '"opensciencedata',
            "body: 1: cards: 0: link: address: ",
        ),
        (
            "pages/home.toml",
            'path = "/"',
            'path = "/home/"',
            "pages: path: the page “/” has to be there",
        ),
        ("site.toml", "sign_in_label", "login_label", "site.toml: settings: login_label: "),
        ("site.toml", '"earth-code@esa.int"', '"earth-code"', "site.toml: settings: contact_email: "),
        ("site.toml", "name =", "nmae =", "site.toml: name: it is missing"),
    ],
)
def test_a_mistake_in_the_data_is_named_and_nothing_is_written(data, file, old, new, message):
    replace(data / file, old, new)
    before = fingerprint()
    with pytest.raises(CommandError) as error:
        seed()
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert fingerprint() == before


def test_a_page_in_the_wrong_place_is_refused(data):
    replace(data / "pages/partners.toml", "/partners/eox/", "/events/eox/")
    with pytest.raises(CommandError, match=r"/events/eox/: model: partners\.PartnerPage may not stand here"):
        seed()
    assert not HomePage.objects.exists()


def test_a_word_that_an_editor_made_first_is_taken():
    EventType.objects.create(name="Webinar", slug="online-seminar")
    EventTopic.objects.create(name="Seas", slug="oceans")
    seed()
    assert EventType.objects.filter(name="Webinar").count() == 1
    assert "Seas" in [
        str(topic) for topic in EventPage.objects.get(slug="earthcode-hackathon-2026").topics.all()
    ]


def test_a_calendar_that_an_editor_deleted_or_made_first_stays_so():
    ImportSource.objects.create(name="Ours", address="https://talks.osgeo.org/api/events/")
    seed()
    ImportSource.objects.get(name="ESA (Indico)").delete()
    assert "events.ImportSource: ESA (Indico)  left alone: an editor deleted it" in seed()
    assert sorted(ImportSource.objects.values_list("name", flat=True)) == [
        "ECMWF (Indico)",
        "EO Science for Society (WordPress)",
        "Ours",
    ]


def test_calendars_of_a_list_that_an_editor_deleted_are_left_alone(data):
    sources = data / "sources.toml"
    later = sources.read_text()
    sources.write_text("source = []")
    seed()
    EventIndexPage.objects.get().delete()
    sources.write_text(later)
    assert "events.ImportSource: ESA (Indico)  left alone: the page that it belongs to is gone" in seed()
    assert not ImportSource.objects.exists()
