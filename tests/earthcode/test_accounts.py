import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command

from earthcode.accounts import ADMIN, give_admin_password, has_admin

pytestmark = pytest.mark.django_db


def test_first_account_may_do_everything():
    assert not has_admin()
    user = authenticate(username=ADMIN, password=give_admin_password())
    assert user.is_superuser
    assert has_admin()


def test_new_password_replaces_the_old_one_and_lets_a_locked_account_in(capsys):
    old = give_admin_password()
    get_user_model().objects.update(is_active=False)
    call_command("reset_admin")
    new = capsys.readouterr().out.split(" password ")[1].split()[0]
    assert authenticate(username=ADMIN, password=old) is None
    assert authenticate(username=ADMIN, password=new) is not None
    assert get_user_model().objects.count() == 1
