from django.apps import AppConfig


class EarthcodeConfig(AppConfig):
    name = "earthcode"
    verbose_name = "Portal"
    default_auto_field = "django.db.models.BigAutoField"
