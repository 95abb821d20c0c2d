"""What a portal must not start with."""

from django.conf import settings
from django.core.checks import Error, Tags, register


@register(Tags.security, deploy=True)
def imports_stay_off_this_machine(app_configs, **kwargs):
    if not getattr(settings, "IMPORT_ALLOW_LOOPBACK", False):
        return []
    return [
        Error(
            "IMPORT_ALLOW_LOOPBACK lets imports reach servers on this machine; it is for tests only.",
            hint="Remove the setting.",
            id="events.E001",
        )
    ]
