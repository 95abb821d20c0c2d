"""Import events by hand."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError
from django.utils import timezone as clock
from tqdm import tqdm

from events.importing import import_source, import_stored, timetable
from events.importing.feed import FeedUnusable
from events.importing.models import ImportRun, ImportSource
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
        "Import events as pages, and bring those imported before up to date: from the feeds named, from stored "
        "sources, or from all sources that are due. What editors changed stays. Exit status: 0 the runs are "
        "complete, even if some entries failed; 1 a feed as a whole cannot be used, or the database not; 2 wrong usage."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "addresses", metavar="PATH_OR_URL", nargs="*", help="a file, or an http, https or webcal address"
        )
        parser.add_argument(
            "--format",
            default="",
            choices=sorted(FORMATS),
            help="what the feed is written in; else it is recognised",
        )
        parser.add_argument(
            "--parent",
            default="",
            help="the event list that gets the pages: its slug, path or id; needed where there are several",
        )
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="NAME",
            help=(
                "a stored source to import; may be given again. With an address: the name of its source; otherwise "
                "the calendar is recognised by its address or its events"
            ),
        )
        parser.add_argument("--due", action="store_true", help="import the sources whose time has come")
        parser.add_argument(
            "--publish",
            action="store_true",
            help="publish new pages and news of live ones; otherwise both become drafts. Stored sources know that",
        )
        parser.add_argument(
            "--approve",
            action="store_true",
            help="carry out what would be held because many events have disappeared, and approve a stored source",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args, **options):
        as_json, dry_run = options["json"], options["dry_run"]
        answers, status = [], 0
        try:
            runs = list(self._wanted(options))
        except CommandError as error:
            if as_json:
                self._print_json([_answer(Summary(), dry_run=dry_run, error=str(error))])
            raise
        for run in runs:
            summary = Summary()
            try:
                run(summary=summary, dry_run=dry_run, is_approved=options["approve"], progress=_progress)
            except BaseException as error:
                answers.append(_answer(summary, dry_run=dry_run, error=why(error)))
                known = (number for kind, number in EXIT_STATUS.items() if isinstance(error, kind))
                failed = next(known, None)
                if failed is None or not isinstance(error, FeedUnusable):
                    if as_json:
                        self._print_json(answers)
                    if failed is None:
                        raise
                    self.stderr.write(why(error))
                    sys.exit(failed)
                # One dead feed costs no other.
                self.stderr.write(why(error))
                status = max(status, failed)
            else:
                answers.append(_answer(summary, dry_run=dry_run))
                if not as_json:
                    self._show(summary, dry_run=dry_run)
        if as_json:
            self._print_json(answers)
        if status:
            sys.exit(status)

    def _wanted(self, options) -> Iterator[Callable]:
        """What is to be run; raises CommandError for wrong usage."""
        addresses, names = options["addresses"], options["source"]
        if addresses and options["due"]:
            raise CommandError("Give addresses or --due, not both.", returncode=WRONG_USAGE)
        if addresses:
            if len(names) > 1 or (names and len(addresses) > 1):
                raise CommandError("With --source, give one address and one name.", returncode=WRONG_USAGE)
            for address in addresses:
                yield partial(
                    import_source,
                    address,
                    format=options["format"],
                    parent=_parent(options["parent"]),
                    source_name=names[0] if names else "",
                    publish=options["publish"],
                )
        elif options["due"]:
            for source in timetable.due(clock.now()):
                yield partial(_import_stored, source, trigger=ImportRun.Trigger.TIMETABLE)
        elif names:
            for name in names:
                yield partial(_import_stored, _source(name), trigger=ImportRun.Trigger.COMMAND)
        else:
            raise CommandError(
                "Name a file or an address, a stored --source, or --due.", returncode=WRONG_USAGE
            )

    def _print_json(self, answers: list[dict]):
        """One run as it is, several in a list."""
        answer = answers[0] if len(answers) == 1 else {"runs": answers}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def _show(self, summary: Summary, *, dry_run: bool):
        is_preview = summary.run is not None and summary.run.state == ImportRun.State.PREVIEW
        more = ": what would be done" if dry_run or is_preview else ""
        self.stdout.write(f"{summary.source}{more}")
        if is_preview:
            self.stdout.write(
                "Nothing was written: the source waits for approval; look at it, then give --approve."
            )
        for result, count in summary.counts_in_order():
            self.stdout.write(f"  {result:<10}{count:>7}")
        for problem in summary.problems:
            self.stdout.write(_in_a_line(problem))


def _progress(items: Iterable) -> Iterable:
    return tqdm(items, desc="Importing", unit=" events", file=sys.stderr, disable=None, leave=False)


def _import_stored(source: ImportSource, *, is_approved: bool, dry_run: bool, **options) -> Summary:
    if is_approved and not dry_run and not source.is_approved:
        source.approved = source.what_was_approved
        source.save(update_fields=["approved"])
    # Whoever has the command line has the environment, too.
    return import_stored(source, is_approved=is_approved, dry_run=dry_run, may_try=True, **options)


def _answer(summary: Summary, *, dry_run: bool, **more: str) -> dict:
    return {**summary.as_dict(), "dry_run": dry_run, "run": summary.run.pk if summary.run else None, **more}


def _source(name: str) -> ImportSource:
    source = ImportSource.objects.filter(name=name).first()
    if source is None:
        existing = (
            ", ".join(f"“{name}”" for name in ImportSource.objects.values_list("name", flat=True)) or "none"
        )
        raise CommandError(
            f"--source: there is no source “{name}”. Sources: {existing}.", returncode=WRONG_USAGE
        )
    return source


def _in_a_line(problem) -> str:
    where = f"line {problem.line}: " if problem.line else ""
    whose = f" [{problem.uid}]" if problem.uid else ""
    return f"{problem.level}: {where}{problem.reason}{whose}"


def _parent(wanted: str) -> EventIndexPage:
    pages = list(EventIndexPage.objects.all())
    if not wanted and len(pages) == 1:
        return pages[0]
    for page in pages:
        if wanted in {str(page.pk), page.slug} or (
            "/" in wanted and page.url_path.rstrip("/").endswith("/" + wanted.strip("/"))
        ):
            return page
    existing = ", ".join(f"“{page.slug}”" for page in pages) or "none; create one in the admin first"
    message = f"--parent: there is no event list “{wanted}”. Event lists: {existing}."
    raise CommandError(message, returncode=WRONG_USAGE)
