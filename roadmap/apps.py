from django.apps import AppConfig


class RoadmapConfig(AppConfig):
    name = "roadmap"
    verbose_name = "Roadmap"
    default_auto_field = "django.db.models.BigAutoField"
