"""Forms of pages that are saved after somebody else saved the page, through the views that a browser uses."""

import json

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from earthcode.three_way import three_way
from partners.models import PartnerIndexPage, PartnerPage
from tests.builders import make_content_page, make_home, make_partner, make_partner_index, the
from tests.editing import open_form

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _portal(module_db):
    make_home()
    make_partner_index()


@pytest.fixture
def partner(_portal, db):
    return make_partner(title="Telespazio", summary="Leads.", role="Leads.")


@pytest.fixture
def ann():
    return signed_in("ann")


@pytest.fixture
def bob():
    return signed_in("bob")


def signed_in(name):
    client = Client()
    client.force_login(User.objects.create_superuser(name))
    return client


def told(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def draft(page):
    return type(page).objects.get(pk=page.pk).get_latest_revision_as_object()


def live(page):
    return type(page).objects.get(pk=page.pk)


def test_what_both_changed_is_decided_and_what_one_changed_is_not():
    base = dict.fromkeys("abcdef", 1)
    theirs = {"a": 2, "b": 1, "c": 2, "d": 2, "f": 1, "g": 2}
    mine = {"a": 1, "b": 2, "c": 3, "d": 2, "e": 1, "f": 1}
    assert three_way(base, theirs, mine) == ({"a", "e", "g"}, {"c"})


@pytest.mark.parametrize("action", ["", "publish"])
def test_two_people_change_different_fields_and_both_stay(ann, bob, partner, action):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    assert hers.fill(summary="Ann's summary.").send("publish").status_code == 302
    response = his.fill(role="Bob's role.").send(action)
    assert response.status_code == 302
    after = live(partner) if action else draft(partner)
    assert (after.summary, after.role) == ("Ann's summary.", "Bob's role.")
    message = told(response)
    assert "ann changed summary to “Ann&#x27;s summary.” while you had this form open" in message
    assert "That is kept, and so is your role in EarthCODE." in message


def test_a_form_that_nobody_overtook_says_nothing_of_others(ann, partner):
    response = open_form(ann, partner).fill(summary="New.").send("publish")
    assert "while you had this form open" not in told(response)
    assert live(partner).summary == "New."


@pytest.mark.parametrize("side", ["mine", "theirs"])
@pytest.mark.parametrize("action", ["", "publish"])
def test_what_both_changed_comes_back_with_both_and_a_choice(ann, bob, partner, action, side):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    hers.fill(summary="Ann's summary.").send("publish")
    revisions = partner.revisions.count()
    response = his.fill(summary="Bob's <b>summary.", role="Bob's role.").send(action)
    assert response.status_code == 200
    assert live(partner).summary == "Ann's summary."
    assert partner.revisions.count() == revisions
    his.read(response)
    assert his.data["summary"] == "Bob's <b>summary."
    assert his.data["role"] == "Bob's role."
    assert "Theirs: “Ann&#x27;s summary.”. Yours: “Bob&#x27;s" in response.content.decode()
    assert "nothing that you typed is lost" in told(response)
    # Without a choice it comes back again, even with one that was made of other words.
    assert his.send(action).status_code == 200
    assert his.read(his.send(action, **{"merge-summary": "mine 0123"})).errors.keys() == {"summary"}
    assert his.choose(side).send(action).status_code == 302
    after = live(partner) if action else draft(partner)
    assert after.summary == ("Bob's <b>summary." if side == "mine" else "Ann's summary.")
    assert after.role == "Bob's role."


def test_a_choice_counts_for_the_words_that_were_seen(ann, bob, partner):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    hers.fill(summary="Ann's first.").send()
    his.read(his.fill(summary="Bob's.").send("publish")).choose("mine")
    open_form(ann, partner).fill(summary="Ann's second.").send()
    response = his.send("publish")
    assert response.status_code == 200
    assert "Ann&#x27;s second." in response.content.decode()
    assert his.read(response).choose("theirs").send("publish").status_code == 302
    assert live(partner).summary == "Ann's second."


def test_a_form_that_comes_back_for_another_reason_keeps_what_was_decided(ann, bob, partner):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    hers.fill(summary="Ann's.", role="Ann's role.").send("publish")
    his.fill(summary="Bob's.", website="no address")
    his.read(his.send("publish"))
    assert his.errors.keys() == {"summary", "website"}
    assert his.data["role"] == "Ann's role."
    his.read(his.choose("mine").send("publish"))
    assert his.errors.keys() == {"website"}
    assert his.fill(website="https://example.org/bob").send("publish").status_code == 302
    after = live(partner)
    assert (after.summary, after.role, after.website) == ("Bob's.", "Ann's role.", "https://example.org/bob")


def test_two_windows_of_one_person(ann, partner):
    one, other = open_form(ann, partner), open_form(ann, partner)
    one.fill(summary="One.").send()
    response = other.fill(role="Other.").send()
    assert (draft(partner).summary, draft(partner).role) == ("One.", "Other.")
    assert "You, in another window, changed summary" in told(response)


def test_autosaves_of_two_people_take_turns_and_lose_nothing(ann, bob, partner):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    for number in range(3):
        assert hers.fill(summary=f"Ann {number}").autosave().status_code == 200
        assert his.fill(role=f"Bob {number}").autosave().status_code == 200
    assert (draft(partner).summary, draft(partner).role) == ("Ann 2", "Bob 2")
    # What the forms show of each other is old; it is no change.
    assert hers.send("publish").status_code == 302
    assert (live(partner).summary, live(partner).role) == ("Ann 2", "Bob 2")


def test_an_autosave_that_conflicts_saves_nothing_and_says_so(ann, bob, partner):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    hers.fill(summary="Ann's.").send()
    response = his.fill(summary="Bob's.", role="Bob's role.").autosave()
    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        # Of this one Wagtail's script shows the message, and goes on to save by itself.
        "error_code": "validation_error",
        "error_message": "ann changed summary while you had this form open. Save to see both and choose.",
    }
    assert draft(partner).summary == "Ann's."
    his.read(his.send()).choose("mine")
    assert his.send().status_code == 302
    assert (draft(partner).summary, draft(partner).role) == ("Bob's.", "Bob's role.")


def test_an_autosave_writes_over_its_own_revision_only(ann, bob, partner):
    hers = open_form(ann, partner)
    hers.fill(summary="One").autosave()
    revisions = partner.revisions.count()
    hers.fill(summary="Two").autosave()
    assert partner.revisions.count() == revisions
    published = partner.revisions.latest("pk")
    published.publish()
    hers.fill(summary="Three").autosave()
    published.refresh_from_db()
    assert published.content["summary"] == "Two"
    assert live(partner).summary == "Two"
    assert draft(partner).summary == "Three"


def test_an_autosave_that_comes_after_the_publication_makes_no_draft(ann, partner):
    form = open_form(ann, partner).fill(summary="New.")
    assert form.send("publish").status_code == 302
    assert form.autosave_late().status_code == 200
    assert live(partner).summary == "New."
    assert not live(partner).has_unpublished_changes


@pytest.mark.usefixtures("_portal")
def test_sections_are_one_field(ann, bob):
    page = make_content_page(title="A page", body=json.dumps([text("One."), text("Two.")]))
    hers, his = open_form(ann, page), open_form(bob, page)
    hers.fill(**{"body-0-value-heading": "Ann's"}).send("publish")
    assert his.fill(summary="Bob's.").send("publish").status_code == 302
    assert [block.value["heading"] for block in live(page).body] == ["Ann's", ""]
    hers, his = open_form(ann, page), open_form(bob, page)
    hers.fill(**{"body-0-value-heading": "Ann's again"}).send("publish")
    response = his.fill(**{"body-1-value-heading": "Bob's"}).send("publish")
    his.read(response)
    assert his.errors.keys() == {"body"}
    assert his.data["body-1-value-heading"] == "Bob's"
    response = his.choose("theirs").send("publish")
    assert response.status_code == 302, his.read(response).errors
    assert [block.value["heading"] for block in live(page).body] == ["Ann's again", ""]


def text(words):
    return {"type": "text", "value": {"heading": "", "introduction": "", "text": f"<p>{words}</p>"}}


def test_what_is_restored_is_the_editors_and_what_came_meanwhile_is_merged(ann, bob, partner):
    old = live(partner).latest_revision
    open_form(ann, partner).fill(summary="Newer.", role="Newer role.").send("publish")
    form = open_form(ann, partner, revision=old)
    assert form.data["summary"] == "Leads."
    assert form.send("publish").status_code == 302
    assert (live(partner).summary, live(partner).role) == ("Leads.", "Leads.")

    open_form(ann, partner).fill(summary="Newest.").send("publish")
    form = open_form(ann, partner, revision=old)
    open_form(bob, partner).fill(role="Bob's role.").send("publish")
    assert form.send("publish").status_code == 302
    assert (live(partner).summary, live(partner).role) == ("Leads.", "Bob's role.")

    open_form(ann, partner).fill(summary="Newest.").send("publish")
    form = open_form(ann, partner, revision=old)
    open_form(bob, partner).fill(summary="Bob's.").send("publish")
    form.read(form.send("publish"))
    assert form.errors.keys() == {"summary"}
    assert form.choose("mine").send("publish").status_code == 302
    assert live(partner).summary == "Leads."


def test_a_schedule_that_was_replaced_meanwhile_stays(ann, bob, partner):
    hers, his = open_form(ann, partner), open_form(bob, partner)
    assert hers.fill(go_live_at="2031-01-01 10:00").send().status_code == 302
    assert his.fill(role="Bob's role.").send().status_code == 302
    assert draft(partner).go_live_at.year == 2031
    hers, his = open_form(ann, partner), open_form(bob, partner)
    hers.fill(go_live_at="2032-01-01 10:00").send()
    his.read(his.fill(go_live_at="2033-01-01 10:00").send("publish"))
    assert his.errors.keys() == {"go_live_at"}
    assert his.choose("theirs").send("publish").status_code == 302
    assert live(partner).scheduled_revision.approved_go_live_at.year == 2032


def test_an_input_that_the_form_does_not_have_changes_nothing(ann, partner):
    """The dialog with the schedule needs JavaScript."""
    open_form(ann, partner).fill(go_live_at="2031-01-01 10:00").send()
    form = open_form(ann, partner)
    form.data.pop("go_live_at")
    assert form.fill(role="New.").send().status_code == 302
    assert draft(partner).go_live_at.year == 2031


@pytest.mark.parametrize("base", ["", "{", "[]", '{"summary": 5}', "null", '{"nothing": "x"}'])
def test_a_base_that_makes_no_sense_breaks_nothing(ann, partner, base):
    form = open_form(ann, partner).fill(merge_base=base)
    assert form.fill(role="New.").send().status_code in (200, 302)


@pytest.mark.usefixtures("_portal")
def test_a_new_page_that_saves_by_itself_is_merged_from_then_on(ann, bob):
    address = reverse("wagtailadmin_pages:add", args=["partners", "partnerpage", the(PartnerIndexPage).pk])
    form = open_form(ann, the(PartnerIndexPage))
    form.read(ann.get(address))
    form.fill(title="New", slug="new", role="New role.")
    answer = form.autosave()
    assert answer.status_code == 200
    page = PartnerPage.objects.get(slug="new")
    form.action = reverse("wagtailadmin_pages:edit", args=[page.pk])
    open_form(bob, page).fill(role="Bob's role.").send()
    assert form.fill(summary="Ann's.").send().status_code == 302
    assert (draft(page).summary, draft(page).role) == ("Ann's.", "Bob's role.")
