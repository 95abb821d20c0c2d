"""Who signs what an import writes."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser

NAME = "event import"


def importer() -> AbstractUser:
    """The account that revisions and log entries of imports are signed with; nobody can sign in with it."""
    users = get_user_model()
    account, is_new = users.objects.get_or_create(username=NAME, defaults={"is_active": False})
    if is_new:
        account.set_unusable_password()
        account.save(update_fields=["password"])
    return account
