"""The first account of a new portal."""

import secrets

from django.contrib.auth import get_user_model

ADMIN = "admin"


def has_admin() -> bool:
    """Say whether anyone may do everything."""
    return get_user_model().objects.filter(is_superuser=True, is_active=True).exists()


def give_admin_password() -> str:
    """Make the account `admin` if there is none, let it do everything, and return its new password."""
    password = secrets.token_urlsafe(15)
    user, _ = get_user_model().objects.get_or_create(username=ADMIN)
    user.is_active = user.is_staff = user.is_superuser = True
    user.set_password(password)
    user.save()
    return password
