"""What visitors choose events by: from the query string of an address to a question for the database."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat
from django.http import QueryDict

from .dates import describe_days
from .models import EventOccurrence, EventPage, EventTopic, EventType
from .querysets import EventOccurrenceQuerySet, EventPageQuerySet
from .text import printable

MAX_WORDS = 10
WHERE = {"in-person": "In person", "online": "Online"}
REGISTRATION = {"open": "Registration open"}
NAMES = WHERE | REGISTRATION
WORDS_ARE_IN = ("title", "summary", "venue", "city", "country", "event_type__name")

DAYS = {"first", "last"}

# What is said of a parameter that cannot be understood.
PROBLEMS = {
    "q": f"The words are left out: at most {MAX_WORDS} words in 100 characters can be looked for.",
    "type": "There is no type of event “{}”; this filter is left out.",
    "topic": "There is no topic “{}”; this filter is left out.",
    "where": "Events are “in-person” or “online”, not “{}”; this filter is left out.",
    "country": "“{}” is not the name of a country; this filter is left out.",
    "first": "“{}” is not a day; the first day is left out.",
    "last": "“{}” is not a day; the last day is left out.",
    "registration": "Registration can be “open”, not “{}”; this filter is left out.",
}
GIVEN_TWICE = "{} is given more than once; this filter is left out."
TURNED_AROUND = "The last day is before the first day; both are left out."


@dataclass(frozen=True, slots=True)
class ActiveFilter:
    """One thing that is chosen, in words, and the query string of everything else."""

    label: str
    query_string_without: str

    @property
    def address_without(self) -> str:
        """Relative to the page that is filtered."""
        return f"?{self.query_string_without}" if self.query_string_without else "."


@dataclass(frozen=True, slots=True)
class Option:
    """What can be chosen in a field: the value in the address, the words for it."""

    value: str
    label: str
    is_chosen: bool


class Words(forms.CharField):
    """At most MAX_WORDS words, as a list without repetitions."""

    widget = forms.TextInput(attrs={"type": "search"})

    def to_python(self, value):
        """Without what nobody can type, which Django refuses and PostgreSQL cannot look for."""
        return super().to_python(printable(value or ""))

    def clean(self, value):
        words = list(dict.fromkeys(_text(super().clean(value)).split()))
        if len(words) > MAX_WORDS:
            raise ValidationError("too many")
        return words


class Country(forms.CharField):
    def clean(self, value):
        return _text(super().clean(value))


class Day(forms.DateField):
    """A day in ISO 8601, which is what browsers send, and nothing else."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value):
        if value in self.empty_values:
            return None
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise ValidationError("not a day")


class AnyOf(forms.MultipleChoiceField):
    """Any number of words of the editors' vocabulary; which they are, the form knows."""

    def validate(self, value):
        pass


class EventFilterForm(forms.Form):
    """The filters in the query string of an address. Made from any `QueryDict`, valid or not.

    A parameter that cannot be understood is left out and named in `problems`, the others count; nothing raises.
    Parameters that are no filters, such as `page`, are not looked at.
    """

    q = Words(label="Words", required=False, max_length=100)
    type = AnyOf(label="Type", required=False)
    topic = AnyOf(label="Topics", required=False)
    where = forms.ChoiceField(label="Where", required=False, choices=WHERE)
    country = Country(label="Country", required=False, max_length=100)
    first = Day(label="From", required=False)
    last = Day(label="To", required=False)
    registration = forms.ChoiceField(label="Registration", required=False, choices=REGISTRATION)

    def __init__(self, data: QueryDict):
        super().__init__(data)
        self.parameters = data

    def add_prefix(self, field_name):
        """The name in the address; `from` cannot be the name of a field."""
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    @cached_property
    def vocabulary(self) -> dict[str, dict[str, str]]:
        """The names of all types and topics by their slugs."""
        names: dict[str, dict[str, str]] = {"type": {}, "topic": {}}
        types = EventType.objects.order_by().values_list(Value("type"), "slug", "name")
        for field, slug, name in types.union(
            EventTopic.objects.order_by().values_list(Value("topic"), "slug", "name"), all=True
        ):
            names[field][slug] = name
        return names

    def clean(self):
        super().clean()
        chosen = self.cleaned_data
        for name in self.fields:
            if name != "topic" and len(set(self._given(name))) > 1:
                self._leave_out(GIVEN_TWICE.format(f"“{self.add_prefix(name)}”"), name)
        for name in ("type", "topic"):
            slugs = [slug for slug in chosen.get(name, ()) if slug]
            known = [slug for slug in slugs if slug in self.vocabulary[name]]
            unknown = [slug for slug in slugs if slug not in self.vocabulary[name]]
            if unknown:
                self._leave_out(PROBLEMS[name].format(_shown(unknown[0])), name)
            chosen[name] = sorted(set(known))
        if chosen.get("first") and chosen.get("last") and chosen["last"] < chosen["first"]:
            self._leave_out(TURNED_AROUND, "first", "last")

    def _given(self, name: str) -> list[str]:
        """What the address says under the name of a field, without what is empty."""
        return [value for value in self.parameters.getlist(self.add_prefix(name)) if value]

    def _leave_out(self, sentence: str, *names: str):
        for name in names:
            self.add_error(name, ValidationError(sentence, code="sentence"))

    @cached_property
    def problems(self) -> list[str]:
        """A sentence for each parameter that was left out."""
        sentences = {}
        for name, errors in self.errors.as_data().items():
            told = [str(error.message) for error in errors if error.code == "sentence"]
            sentences[told[0] if told else PROBLEMS[name].format(_shown(self._given(name)[-1]))] = name
        return list(sentences)

    @cached_property
    def chosen(self) -> dict:
        """What is chosen by valid parameters, by the names of the fields."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_active(self) -> bool:
        return bool(self.chosen)

    @cached_property
    def query_string(self) -> str:
        """The valid filters in one order, whatever the order in the address; “” without any."""
        return _query_string((name, value) for name, value, _ in self._choices())

    def query_string_on(self, day: date) -> str:
        """The query string with this day in place of those that are chosen."""
        others = [(name, value) for name, value, _ in self._choices() if name not in ("from", "to")]
        return _query_string([*others, ("from", day.isoformat()), ("to", day.isoformat())])

    @cached_property
    def active(self) -> list[ActiveFilter]:
        """Everything that is chosen, each to be shown as a chip that can be taken away."""
        choices = list(self._choices())
        return [
            ActiveFilter(
                label, _query_string((name, value) for name, value, _ in choices[:i] + choices[i + 1 :])
            )
            for i, (_, _, label) in enumerate(choices)
        ]

    def _choices(self) -> Iterator[tuple[str, str, str]]:
        """The parameter, its value and the words for it, of each thing that is chosen."""
        for name, value in self.chosen.items():
            if name == "q":
                yield "q", " ".join(value), f"“{' '.join(value)}”"
            elif name in ("type", "topic"):
                yield from ((name, slug, self.vocabulary[name][slug]) for slug in value)
            elif name == "country":
                yield "country", value, value
            elif name == "first":
                yield "from", value.isoformat(), f"From {describe_days(value, value)}"
            elif name == "last":
                yield "to", value.isoformat(), f"Until {describe_days(value, value)}"
            else:
                yield name, value, NAMES[value]

    def filtered(self, events: EventPageQuerySet, at: datetime) -> EventPageQuerySet:
        """Those of `events` that have an occurrence among the `matching` ones; all of them without a filter.

        `at` (aware) is the instant at which registration has to be open.
        """
        if not self.is_active:
            return events
        return events.filter(Exists(self.matching(EventOccurrence.objects.filter(page=OuterRef("pk")), at)))

    def matching(
        self, rows: EventOccurrenceQuerySet, at: datetime, *, without: str = ""
    ) -> EventOccurrenceQuerySet:
        """Those of `rows` whose event has everything that is chosen, and that take place on the days chosen, which are
        days of their own wall calendars. An event whose date is to be determined takes place on no day.

        What is chosen in the field `without` does not count.
        """
        for name in self.chosen.keys() - DAYS - {without}:
            rows = rows.filter(getattr(self, f"_by_{name}")(self.chosen[name], at))
        if self.has_days:
            first, last = self.chosen.get("first"), self.chosen.get("last")
            rows = rows.filter(days__overlap=DateRange(first, last, "[]" if last else "[)"))
        return rows

    @property
    def has_days(self) -> bool:
        return not self.chosen.keys().isdisjoint(DAYS)

    def upcoming(
        self, rows: EventOccurrenceQuerySet, at: datetime, *, without: str = ""
    ) -> EventOccurrenceQuerySet:
        """One row of each event of whose `matching` ones something is left at `at`: the first of these."""
        rows = self.matching(rows, at, without=without)
        return rows.first_coming_of_each_event(at) if self.has_days else rows.next_of_each_event(at)

    def past(
        self, rows: EventOccurrenceQuerySet, at: datetime, *, without: str = ""
    ) -> EventOccurrenceQuerySet:
        """One row of each event whose `matching` ones are all past at `at`: the last of these."""
        rows = self.matching(rows, at, without=without)
        if self.has_days:
            return rows.last_of_each_event_without_coming(at)
        return rows.last_of_each_past_event(at)

    def offers(
        self, rows: Callable[[str], EventOccurrenceQuerySet], at: datetime, *, is_past: bool = False
    ) -> dict[str, list[Option]]:
        """The options that would show something, and those that are chosen, by the names of their fields.

        `rows` gives what is listed without regard to the field it is told; if all of it is past, nobody can register
        for it any more. The database is asked once.
        """
        types = EventType.objects.filter(Exists(rows("type").filter(event_type=OuterRef("pk"))))
        topics = EventTopic.objects.filter(Exists(rows("topic").filter(topics__contains=[OuterRef("pk")])))
        countries = rows("country").exclude(country="").order_by()
        questions = [
            topics.order_by().values_list(Value("topic"), "slug", "name"),
            countries.values_list(Value("country"), "country", Value("")).distinct(),
            _any(rows("where").filter(is_in_person=True), "where", "in-person"),
            _any(rows("where").filter(is_online=True), "where", "online"),
        ]
        if not is_past:
            can_register = rows("registration").filter(self._by_registration("open", at))
            questions.append(_any(can_register, "registration", "open"))
        found = types.order_by().values_list(Value("type"), "slug", "name").union(*questions, all=True)
        offers: dict[str, dict[str, Option]] = {}
        chosen = {(name, value.casefold()) for name, value, _ in self._choices()}
        for name, value, label in [*found, *self._choices()]:
            option = Option(value, label or NAMES.get(value, value), (name, value.casefold()) in chosen)
            offers.setdefault(name, {}).setdefault(value.casefold(), option)
        return {
            name: sorted(options.values(), key=lambda option: option.label.casefold())
            for name, options in offers.items()
        }

    def _by_q(self, words, at):
        return Q(page__in=self._events_with_words)

    @cached_property
    def _events_with_words(self) -> list[int]:
        """Their keys. They are asked for once, because a listing has a dozen questions about them."""
        places = (part for place in WORDS_ARE_IN for part in (place, Value(" ")))
        words = Concat(*places, output_field=TextField())
        events = EventPage.objects.live().alias(words=words)
        for word in self.chosen["q"]:
            topics = EventTopic.objects.filter(name__unaccent__icontains=word)
            on_topic = Exists(_topics_of_the_event().filter(eventtopic__in=topics))
            events = events.filter(Q(words__unaccent__icontains=word) | on_topic)
        return list(events.values_list("pk", flat=True))

    def _by_type(self, slugs, at):
        return Q(event_type__slug__in=slugs)

    def _by_topic(self, slugs, at):
        return Q(topics__overlap=EventTopic.objects.filter(slug__in=slugs).values_list("pk"))

    def _by_where(self, where, at):
        return Q(is_online=True) if where == "online" else Q(is_in_person=True)

    def _by_country(self, country, at):
        return Q(country__iexact=country)

    def _by_registration(self, _, at):
        """As EventPage.registration says."""
        has_not_ended = Q(ends_at__gt=at) | Q(ends_at=None, listed_until__gt=at) | Q(days=None)
        return (
            Q(takes_registrations=True)
            & (Q(registration_opens_at=None) | Q(registration_opens_at__lte=at))
            & (Q(registration_closes_at=None) | Q(registration_closes_at__gt=at))
            & Q(Exists(EventOccurrence.objects.filter(has_not_ended, page=OuterRef("page"))))
        )


def _topics_of_the_event() -> QuerySet:
    return EventPage.topics.through.objects.filter(eventpage=OuterRef("pk"))


def _any(rows: EventOccurrenceQuerySet, field: str, value: str) -> QuerySet:
    """One line with these words, if there are any `rows`."""
    return rows.order_by().values_list(Value(field), Value(value), Value(""))[:1]


def _query_string(choices) -> str:
    return urlencode(sorted(choices))


def _text(value: str) -> str:
    """`value`, if it can be written down; raises ValidationError. Half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValidationError("not text") from error
    return value


def _shown(value: str) -> str:
    """`value` as far as it can be shown in a sentence."""
    printable = "".join(character if character.isprintable() else "�" for character in value[:40])
    return f"{printable}…" if len(value) > 40 else printable
