"""Events by the thousand, made fast: pages without revisions, as if published long ago."""

import random
from datetime import date, datetime, time, timedelta
from itertools import batched, count
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import sql
from wagtail.models import Page, PageViewRestriction

from events.models import EventOccurrence, EventPage
from tests.builders import make_topic, make_type

YEARS_BACK, YEARS_AHEAD = 10, 2
DATES_OF_A_SERIES = (10, 200)
ONE_IN_PRIVATE = 100
BATCH = 1000

TYPES = "Workshop,Conference,Webinar,Training,Hackathon,Meeting,Summer school,Exhibition".split(",")
TOPICS = (
    "Cryosphere,Oceans,Land cover,Atmosphere,Carbon,Agriculture,Biodiversity,Hazards,Hydrology,Urban,Climate,"
    "Data cubes,FAIR data,Machine learning,Open source"
).split(",")
PLACES = (
    "Rome:Italy,Frascati:Italy,Vienna:Austria,Paris:France,Toulouse:France,Berlin:Germany,Bonn:Germany,Lisbon:Portugal,"
    "Madrid:Spain,Athens:Greece,Oslo:Norway,Tromsø:Norway,Helsinki:Finland,Warsaw:Poland,Prague:Czechia,Bern:Switzerland,"
    "Dublin:Ireland,Leicester:United Kingdom,Tartu:Estonia,Mostar:Bosnia-Herzegovina,Nairobi:Kenya,Tokyo:Japan"
).split(",")
ZONES = ("Europe/Rome", "Europe/London", "Africa/Nairobi", "Asia/Tokyo", "America/Lima")
WORDS = (
    "open science data from satellites for everyone who asks how the planet changes with code that others can run and "
    "results that they can check in workflows on platforms near the archive"
).split()


class Grower:
    """Adds events below `index` until there are as many occurrences as wanted; the same ones in every run of a day.

    Half of the occurrences are single events, half the dates of weekly series, a fifth of which have no end.
    """

    def __init__(self, index: Page, at: datetime):
        self.index, self.at = index, at
        self.random = random.Random(3)
        self.number = count(1)
        self.occurrences = 0
        self.types = [make_type(name) for name in TYPES]
        self.topics = [make_topic(name) for name in TOPICS]
        self.content_type = ContentType.objects.get_for_model(EventPage)

    def grow_to(self, occurrences: int):
        new: list[EventPage] = []
        rows: list[EventOccurrence] = []
        of_series = of_singles = 0
        while self.occurrences + of_series + of_singles < occurrences:
            event = self._event(is_series=of_series < of_singles and occurrences > BATCH / 10)
            dates = EventOccurrence.rows_of(event, event.all_dates(self.at))
            of_series += len(dates) * bool(event.recurrence_rule)
            of_singles += len(dates) * (not event.recurrence_rule)
            new.append(event)
            rows.extend(dates)
        self.occurrences += of_series + of_singles
        for events in batched(new, BATCH, strict=False):
            self._insert(list(events))
        # The pages have got their keys by now.
        for row in rows:
            row.page_id = row.page.pk
        for some in batched(rows, BATCH, strict=False):
            EventOccurrence.objects.bulk_create(some)
        Page.objects.filter(pk=self.index.pk).update(numchild=EventPage.objects.count())
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")

    def _event(self, is_series: bool) -> EventPage:
        number, choose = next(self.number), self.random
        today = self.at.date()
        first = today + timedelta(days=choose.randrange(-365 * YEARS_BACK, 365 * YEARS_AHEAD))
        event_type = choose.choice(self.types)
        city, country = choose.choice(PLACES).split(":")
        mode = choose.choice(EventPage.AttendanceMode.values)
        event = EventPage(
            title=f"{event_type} {number} on {choose.choice(TOPICS).lower()} in {city}",
            slug=f"event-{number}",
            url_path=f"{self.index.url_path}event-{number}/",
            path=Page._get_path(self.index.path, self.index.depth + 1, number),
            depth=self.index.depth + 1,
            content_type=self.content_type,
            locale_id=self.index.locale_id,
            translation_key=UUID(int=choose.getrandbits(128)),
            live=True,
            first_published_at=self.at,
            last_published_at=self.at,
            summary=" ".join(choose.choices(WORDS, k=30)).capitalize() + ".",
            body=f"<p>{' '.join(choose.choices(WORDS, k=250))}</p>",
            event_type=event_type,
            start_date=first,
            timezone=choose.choice(ZONES),
            attendance_mode=mode,
            city="" if mode == EventPage.AttendanceMode.ONLINE else city,
            country="" if mode == EventPage.AttendanceMode.ONLINE else country,
            event_status=choose.choices(EventPage.Status.values, (94, 2, 1, 2, 1))[0],
            website="https://example.org/",
        )
        event.topics = choose.sample(self.topics, k=choose.randrange(4))
        if choose.random() < 0.5:
            event.start_time, event.end_time = time(choose.randrange(8, 18)), time(choose.randrange(18, 22))
        else:
            event.end_date = first + timedelta(days=choose.choice((0, 0, 1, 2, 4)))
        if choose.random() < 0.3:
            event.registration_url = "https://example.org/register"
            event.registration_closes_date = first - timedelta(days=choose.randrange(60))
        if is_series:
            event.end_date = None
            self._repeat(event, first)
        return event

    def _repeat(self, event: EventPage, first: date):
        if self.random.random() < 0.2:
            event.recurrence_rule = "FREQ=WEEKLY"
        else:
            event.recurrence_rule = f"FREQ=WEEKLY;COUNT={self.random.randrange(*DATES_OF_A_SERIES)}"
        event.start_date = first

    def _insert(self, events: list[EventPage]):
        """What bulk_create does, which Django refuses for models in two tables."""
        pages = [
            Page(**{field.attname: getattr(event, field.attname) for field in FIELDS}) for event in events
        ]
        Page.objects.bulk_create(pages)
        for event, page in zip(events, pages, strict=True):
            event.pk = event.id = page.pk
        insert = sql.InsertQuery(EventPage)
        insert.insert_values(EventPage._meta.local_concrete_fields, events)
        insert.get_compiler(connection=connection).execute_sql()
        topics = EventPage.topics.through
        topics.objects.bulk_create(
            topics(eventpage_id=event.pk, eventtopic=topic)
            for event in events
            for topic in event.topics.all()
        )
        PageViewRestriction.objects.bulk_create(
            PageViewRestriction(page_id=event.pk, restriction_type=PageViewRestriction.LOGIN)
            for event in events
            if event.pk % ONE_IN_PRIVATE == 0
        )


FIELDS = [field for field in Page._meta.concrete_fields if not field.primary_key]
