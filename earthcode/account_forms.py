"""What people do about their own accounts in the admin, beyond Wagtail's own forms."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone as clock
from wagtail.admin.forms import auth
from wagtail.admin.views.account import BaseSettingsPanel

from .throttling import attempt, forget_attempt

RESETS, RESET_PERIOD = 3, timedelta(hours=1)
GUESSES, GUESS_PERIOD = 10, timedelta(minutes=15)


class PasswordResetForm(auth.PasswordResetForm):
    """Wagtail's, but the mail is sent by the worker: the answer takes as long whether or not anybody has the address,
    and nobody gets more than RESETS such mails in a RESET_PERIOD."""

    def save(self, **options: Any) -> None:
        from .tasks import send_password_reset

        email = self.cleaned_data["email"]
        pause = attempt(
            "password reset mail", email.lower(), limit=RESETS, period=RESET_PERIOD, at=clock.now()
        )
        if pause is None:
            send_password_reset.defer(
                email=email,
                email_template=options["email_template_name"],
                subject_template=options["subject_template_name"],
            )

    def send(self, *, email_template: str, subject_template: str) -> None:
        """Send the mails; for the worker, which has no request."""
        super().save(
            domain_override=urlsplit(settings.BASE_URL).netloc,
            use_https=settings.BASE_URL.startswith("https:"),
            email_template_name=email_template,
            subject_template_name=subject_template,
        )


class EmailForm(forms.ModelForm):
    """Whoever has the mail address of an account can set a new password: so changing it asks for the present one."""

    email = forms.EmailField(label="Email")
    current_password = forms.CharField(
        label="Current password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Needed only to change the email address.",
    )

    class Meta:
        model = get_user_model()
        fields = ("email",)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The account view binds this form twice to the same user, whose address the first one has changed in memory.
        self.stored = get_user_model().objects.get(pk=self.instance.pk)
        self.initial["email"] = self.stored.email

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        if "email" in self.changed_data and "email" in cleaned:
            if not hasattr(self.instance, "email_refusal"):
                self.instance.email_refusal = self._refusal(cleaned.get("current_password", ""))
            if self.instance.email_refusal:
                self.add_error("current_password", self.instance.email_refusal)
        return cleaned

    def _refusal(self, password: str) -> str:
        """Why the address may not be changed with this password; "" if it may."""
        if not password:
            return "Enter your password to change the email address."
        who = str(self.stored.pk)
        if attempt("email change", who, limit=GUESSES, period=GUESS_PERIOD, at=clock.now()) is not None:
            return "The password was wrong too often. Try again in a quarter of an hour."
        if not self.stored.check_password(password):
            return "This is not your password. Your email address was not changed."
        forget_attempt("email change", who)
        return ""


class EmailPanel(BaseSettingsPanel):
    name = "email"
    title = "Email address"
    order = 150
    form_class = EmailForm
