from django.apps import AppConfig


class EarthcodeConfig(AppConfig):
    name = "earthcode"
    verbose_name = "Portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from wagtail.documents import get_document_model
        from wagtail.images import get_image_model
        from wagtail.permissions import register_permission_policy

        from .media_access import FilePermissionPolicy

        # For the exact class: Wagtail's own, which are registered later, do not replace these.
        for model, auth_model in (
            (get_image_model(), "wagtailimages.Image"),
            (get_document_model(), "wagtaildocs.Document"),
        ):
            policy = FilePermissionPolicy(model, auth_model, owner_field_name="uploaded_by_user")
            register_permission_policy(model, policy, exact_class=True)
