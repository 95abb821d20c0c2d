"""Pages that may be about one event, in the admin: to compare, to join and to tell apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone as clock
from django.views.generic import TemplateView, View
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.menu import MenuItem
from wagtail.admin.utils import get_valid_next_url_from_request
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.base import ViewSet
from wagtail.log_actions import LogFormatter
from wagtail.permission_policies.pages import PagePermissionPolicy

from events.importing.differences import Difference
from events.importing.duplicates import all_pairs, ask_again, open_groups, say_different
from events.importing.joining import LOG_ACTION, CannotJoin, join, part
from events.importing.models import ImportRecord, PossibleDuplicate
from events.importing.side_by_side import compared
from events.models import EventPage

from .showing import paged

MAX_PAGES = 10
"""As many are settled at once; no conference is announced by more sources."""


@dataclass(frozen=True, slots=True)
class Member:
    """A page of a group. `may_stay`: the user may have it take the place of the others."""

    page: EventPage
    sources: tuple[str, ...]
    may_stay: bool


@dataclass(frozen=True, slots=True)
class Group:
    members: tuple[Member, ...]

    @property
    def heading(self) -> str:
        return self.members[0].page.get_admin_display_title()

    @property
    def address(self) -> str:
        return address_of(member.page.pk for member in self.members)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A page that would go, with what only it says, and what it says otherwise than the one that stays."""

    member: Member
    only_here: tuple[Difference, ...]
    otherwise: tuple[Difference, ...]


def address_of(pages: Iterable[int], **more: int) -> str:
    """Where pages are compared."""
    query = urlencode([*(("page", page) for page in pages), *more.items()])
    return f"{reverse('import_duplicates:compare')}?{query}"


def duplicates(request: HttpRequest) -> dict[str, Any]:
    """A section of what is to be settled: the groups of which the user may edit all pages."""
    found = open_groups()
    editable = allowed(request.user, "change", {page for group in found for page in group})
    rows = paged(request, [group for group in found if editable.issuperset(group)], "duplicates")
    return {
        "heading": "Possible duplicates",
        "count": rows["page"].paginator.count,
        "template": "events/admin/inbox_duplicates.html",
        "rows": rows,
        "groups": groups_of(rows["page"], request.user),
    }


def allowed(user: Any, action: str, pages: Iterable[int]) -> set[int]:
    """Those of `pages` of which `user` may do this."""
    found = PagePermissionPolicy().instances_user_has_permission_for(user, action)
    return set(found.filter(pk__in=pages).values_list("pk", flat=True))


def groups_of(found: Iterable[tuple[int, ...]], user: Any) -> list[Group]:
    """In the same number of queries however many they are; without pages that were deleted meanwhile."""
    found = list(found)
    numbers = {page for group in found for page in group}
    records = (
        ImportRecord.objects.select_related("source").defer("values", "published").order_by("source__name")
    )
    pages = EventPage.objects.prefetch_related(Prefetch("import_records", records)).in_bulk(numbers)
    publishable = allowed(user, "publish", numbers)
    groups = []
    for group in found:
        there = [pages[page] for page in group if page in pages]
        members = tuple(
            Member(
                page,
                tuple(dict.fromkeys(str(record.source) for record in page.import_records.all())),
                all(other.pk in publishable or not other.live for other in there)
                and (page.live or not any(other.live for other in there)),
            )
            for page in there
        )
        groups.append(Group(members))
    return groups


def may_look(user: Any) -> bool:
    return PagePermissionPolicy().user_has_permission(user, "change")


class Permitted(View):
    """For those who may edit pages at all; which ones, each view asks itself."""

    def dispatch(self, request, *args, **kwargs):
        if not may_look(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)


class Screen(Permitted, WagtailAdminTemplateMixin, TemplateView):
    header_icon = "copy"

    def get_breadcrumbs_items(self):
        above = {"url": reverse("import_duplicates:index"), "label": DuplicatesView.page_title}
        here = {"url": "", "label": self.page_title}
        is_top = self.page_title == DuplicatesView.page_title
        return [*self.breadcrumbs_items, *([] if is_top else [above]), here]


class DuplicatesView(Screen):
    """All that is suggested, and what was said before, to be taken back."""

    page_title = "Possible duplicates"
    template_name = "events/admin/duplicates.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        editable = PagePermissionPolicy().instances_user_has_permission_for(user, "change")
        settled = PossibleDuplicate.objects.exclude(state=PossibleDuplicate.State.OPEN).filter(
            one__in=editable.values("pk"), other__in=editable.values("pk")
        )
        settled = settled.select_related("one", "other", "settled_by").order_by("-settled_at", "-pk")
        return super().get_context_data(
            **kwargs,
            section=duplicates(self.request),
            settled=paged(self.request, cast(Sequence, settled), "settled"),
        )


class CompareView(Screen):
    """Pages side by side, as they are drafted: which stays, what each of the others says otherwise."""

    page_title = "One event or several?"
    template_name = "events/admin/duplicates_compare.html"

    def get_context_data(self, **kwargs):
        numbers = asked_for(self.request.GET.getlist("page"), self.request.user)
        (group,) = groups_of([numbers], self.request.user)
        stays = chosen(group, self.request.GET.get("keep"))
        draft = stays.page.get_latest_revision_as_object()
        comparisons = []
        for member in group.members:
            if member != stays:
                told = compared(draft, member.page.get_latest_revision_as_object())
                only_here = tuple(difference for difference in told if not difference.before)
                otherwise = tuple(difference for difference in told if difference.before)
                comparisons.append(Comparison(member, only_here, otherwise))
        ways = [(member, address_of(numbers, keep=member.page.pk)) for member in group.members]
        return super().get_context_data(
            **kwargs,
            group=group,
            stays=stays,
            ways=ways,
            comparisons=comparisons,
            index=reverse("import_duplicates:index"),
        )


def chosen(group: Group, keep: str | None) -> Member:
    """The one that is asked for; else one that visitors see, and rather one that an editor wrote."""
    asked = [member for member in group.members if str(member.page.pk) == keep]
    return (
        asked[0] if asked else max(group.members, key=lambda member: (member.page.live, not member.sources))
    )


def asked_for(told: list[str], user: Any) -> tuple[int, ...]:
    """Pages that there are and that `user` may edit, two or more."""
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in told):
        raise BadRequest("Pages are named by numbers.")
    numbers = tuple(sorted({int(number) for number in told}))
    if not 2 <= len(numbers) <= MAX_PAGES:
        raise BadRequest(f"Name two pages or more, and no more than {MAX_PAGES}.")
    there = set(EventPage.objects.filter(pk__in=numbers).values_list("pk", flat=True))
    if len(there) < len(numbers):
        raise BadRequest("One of the pages was deleted meanwhile. Go back and look again.")
    if not allowed(user, "change", numbers).issuperset(numbers):
        raise PermissionDenied
    return numbers


class Settle(Permitted):
    """Something that is said of pages; back to where it was said."""

    http_method_names = ("post",)

    def post(self, request, **kwargs):
        address = self.settle(**kwargs) or reverse("import_duplicates:index")
        return redirect(get_valid_next_url_from_request(request) or address)

    def settle(self, pk: int = 0) -> str | None:
        """Do it and say so. The address to go to where the request names none; None: the list."""
        raise NotImplementedError


class SameView(Settle):
    """`keep` takes the place of all the other pages."""

    def settle(self, pk=0):
        request = self.request
        numbers = asked_for(request.POST.getlist("page"), request.user)
        keep = request.POST.get("keep")
        pages = EventPage.objects.in_bulk(numbers)
        kept = next((page for number, page in pages.items() if str(number) == keep), None)
        if kept is None:
            raise BadRequest("Name one of the pages as the one that stays.")
        others = [page for page in pages.values() if page != kept]
        # The one that stays, too: from now on the sources of the others write to it.
        live = {page.pk for page in pages.values() if page.live}
        if not allowed(request.user, "publish", live).issuperset(live):
            raise PermissionDenied
        try:
            join(kept, others, user=request.user, at=clock.now())
        except CannotJoin as reason:
            messages.error(request, f"{reason} Nothing was changed.")
            return address_of(numbers)
        goes = "The other page is" if len(others) == 1 else "The other pages are"
        text = f"“{kept.get_admin_display_title()}” stays and has the sources of all. {goes} kept as a draft."
        edit = messages.button(reverse("wagtailadmin_pages:edit", args=[kept.pk]), "Edit the page")
        messages.success(request, text, buttons=[edit])
        return None


class DifferentView(Settle):
    """All the pages are of different events; or only the one that is named `another` is of another than the rest."""

    def settle(self, pk=0):
        request = self.request
        numbers = asked_for(request.POST.getlist("page"), request.user)
        another = [number for number in numbers if str(number) == request.POST.get("another")]
        rest = [number for number in numbers if number not in another]
        pairs = product(another, rest) if another else all_pairs(numbers)
        say_different(pairs, user=request.user, at=clock.now())
        messages.success(request, "They stay different events. You are not asked about them again.")
        return address_of(rest) if another and len(rest) > 1 else None


class TakeBackView(Settle):
    """What was said of two pages: that they are the same, or that they are different."""

    def settle(self, pk=0):
        request = self.request
        row = get_object_or_404(PossibleDuplicate.objects.select_related("one", "other"), pk=pk)
        asked_for([str(page) for page in row.pair], request.user)
        if row.state == PossibleDuplicate.State.DIFFERENT:
            ask_again(row)
            messages.success(request, "It is open again, as far as the two events are still alike.")
        elif row.state == PossibleDuplicate.State.SAME:
            if row.joined["taken_down"] and not allowed(request.user, "publish", row.pair).issuperset(
                row.pair
            ):
                raise PermissionDenied
            page = part(row, user=request.user, at=clock.now())
            if page:
                title = page.get_admin_display_title()
                text = f"“{title}” is a page of its own again. Its sources bring it up to date with their next run."
                edit = messages.button(reverse("wagtailadmin_pages:edit", args=[page.pk]), "Edit the page")
                messages.success(request, text, buttons=[edit])


class DuplicatesMenuItem(MenuItem):
    def is_shown(self, request):
        return may_look(request.user)


class DuplicatesViewSet(ViewSet):
    name = "import_duplicates"
    menu_label = "Possible duplicates"
    icon = "copy"
    menu_item_class = DuplicatesMenuItem

    def get_urlpatterns(self):
        return [
            path("", DuplicatesView.as_view(), name="index"),
            path("compare/", CompareView.as_view(), name="compare"),
            path("same/", SameView.as_view(), name="same"),
            path("different/", DifferentView.as_view(), name="different"),
            path("take-back/<int:pk>/", TakeBackView.as_view(), name="take_back"),
        ]


@hooks.register("register_log_actions")
def say_in_the_history_what_was_joined(actions):
    @actions.register_action(LOG_ACTION)
    class SameEventLogFormatter(LogFormatter):
        label = "Same event"

        def format_message(self, entry):
            return f"The same event {entry.data.get('message', 'as another page')}"
