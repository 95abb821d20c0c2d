from typing import Any

from django.core.management.base import BaseCommand

from earthcode.accounts import ADMIN, give_admin_password


class Command(BaseCommand):
    help = "Give the account `admin` a new password (making the account if there is none) and print it."

    def handle(self, **options: Any) -> None:
        self.stdout.write(
            f"The account {ADMIN} now has the password {give_admin_password()} (shown only now)."
        )
