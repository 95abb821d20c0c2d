"""Import the events of a calendar feed by hand."""

import json
import sys
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from tqdm import tqdm

from events.importing import import_source
from events.importing.feed import FeedUnusable
from events.importing.parse import FORMATS
from events.importing.report import Summary, why
from events.models import EventIndexPage

WRONG_USAGE = 2
# Of what ends a run; anything else is an error of the portal and leaves its traceback.
EXIT_STATUS: dict[type[BaseException], int] = {
    FeedUnusable: 1,
    OperationalError: 1,
    InterfaceError: 1,
    KeyboardInterrupt: 130,
}


class Command(BaseCommand):
    help = (
        "Import the events of a calendar feed as pages, and bring those imported before up to date. "
        "What editors changed stays. Exit status: 0 the run is complete, even if some entries failed; "
        "1 the feed as a whole cannot be used, or the database not; 2 wrong usage."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "address", metavar="PATH_OR_URL", help="a file, or an http, https or webcal address"
        )
        parser.add_argument(
            "--format", required=True, choices=sorted(FORMATS), help="what the feed is written in"
        )
        parser.add_argument(
            "--parent", required=True, help="the event list that gets the pages: its slug, path or id"
        )
        parser.add_argument(
            "--source",
            default="",
            metavar="NAME",
            help="name of the source; otherwise the calendar is recognised by its address or its events",
        )
        parser.add_argument(
            "--publish",
            action="store_true",
            help="publish new pages and news of live ones; otherwise both become drafts",
        )
        parser.add_argument(
            "--approve",
            action="store_true",
            help="carry out what would be held because many events have disappeared",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args, **options):
        summary = Summary()
        try:
            import_source(
                options["address"],
                format=options["format"],
                parent=_parent(options["parent"]),
                source_name=options["source"],
                publish=options["publish"],
                dry_run=options["dry_run"],
                is_approved=options["approve"],
                progress=partial(
                    tqdm, desc="Importing", unit=" events", file=sys.stderr, disable=None, leave=False
                ),
                summary=summary,
            )
        except BaseException as error:
            message = str(error) if isinstance(error, CommandError) else why(error)
            if options["json"]:
                self._show_json(summary, dry_run=options["dry_run"], error=message)
            status = next((number for kind, number in EXIT_STATUS.items() if isinstance(error, kind)), None)
            if status is None:
                raise
            self.stderr.write(message)
            sys.exit(status)
        show = self._show_json if options["json"] else self._show
        show(summary, dry_run=options["dry_run"])

    def _show_json(self, summary: Summary, *, dry_run: bool, **more: str):
        answer = {**summary.as_dict(), "dry_run": dry_run, "run": summary.run.pk if summary.run else None}
        self.stdout.write(json.dumps({**answer, **more}, ensure_ascii=False))

    def _show(self, summary: Summary, *, dry_run: bool):
        self.stdout.write(f"{summary.source}{': what would be done' if dry_run else ''}")
        for result, count in summary.counts_in_order():
            self.stdout.write(f"  {result:<10}{count:>7}")
        for problem in summary.problems:
            self.stdout.write(_in_a_line(problem))


def _in_a_line(problem) -> str:
    where = f"line {problem.line}: " if problem.line else ""
    whose = f" [{problem.uid}]" if problem.uid else ""
    return f"{problem.level}: {where}{problem.reason}{whose}"


def _parent(wanted: str) -> EventIndexPage:
    pages = list(EventIndexPage.objects.all())
    for page in pages:
        if wanted in {str(page.pk), page.slug} or (
            "/" in wanted and page.url_path.rstrip("/").endswith("/" + wanted.strip("/"))
        ):
            return page
    existing = ", ".join(f"“{page.slug}”" for page in pages) or "none; create one in the admin first"
    message = f"--parent: there is no event list “{wanted}”. Event lists: {existing}."
    raise CommandError(message, returncode=WRONG_USAGE)
