from collections import Counter

from django.core.management.base import BaseCommand, CommandError

from earthcode import seeding


class Command(BaseCommand):
    help = "Puts the initial content into the portal: makes what was never made, changes nothing else."

    def handle(self, *, verbosity, **options):
        try:
            report = seeding.plant(seeding.read(seeding.DIRECTORY))
        except seeding.SeedError as error:
            raise CommandError(str(error)) from error
        if verbosity == 0:
            return
        for name, outcome in report:
            if outcome != seeding.THERE or verbosity > 1:
                self.stdout.write(f"{name}  {outcome}")
        counts = Counter(outcome.partition(":")[0] for _, outcome in report)
        summary = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        self.stdout.write(self.style.SUCCESS(f"Seeded: {summary}."))
