"""Panels of the admin that suit a long form of which most is seldom needed."""

from django.utils.functional import cached_property
from wagtail.admin.compare import TextFieldComparison
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, Panel

from .repetition import in_words


def _is_filled(panel):
    """Whether a bound panel, or one inside it, says anything beyond its default."""
    if isinstance(panel, InlinePanel.BoundPanel):
        return bool(panel.children)
    if isinstance(panel, FieldPanel.BoundPanel):
        field = panel.panel.db_field
        return field.value_from_object(panel.instance) not in (field.get_default(), None, "")
    return any(_is_filled(child) for child in panel.children)


class OptionalPanel(MultiFieldPanel):
    """A group of fields, folded while all are at their defaults."""

    class BoundPanel(MultiFieldPanel.BoundPanel):
        def classes(self):
            return super().classes() + ([] if _is_filled(self) else ["collapsed"])


class OptionalInlinePanel(InlinePanel):
    """Rows, folded while there are none."""

    class BoundPanel(InlinePanel.BoundPanel):
        def classes(self):
            return super().classes() + ([] if _is_filled(self) else ["collapsed"])


class OriginalTimePanel(FieldPanel):
    """The time by which one of several dates on a day is meant; see ExceptionsPanel."""

    class BoundPanel(FieldPanel.BoundPanel):
        is_needed = True

        def is_shown(self):
            return self.is_needed and super().is_shown()


class ExceptionsPanel(InlinePanel):
    """The exceptions of a series. They ask for a time only where some date of the series has one of its own."""

    class BoundPanel(InlinePanel.BoundPanel):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            if self.form is None:
                return
            has_times = any(child.instance.original_time for child in self.children)
            is_needed = has_times or ":" in self.instance.additional_dates
            for child in (*self.children, self.empty_child):
                for panel in child.children:
                    if isinstance(panel, OriginalTimePanel.BoundPanel):
                        panel.is_needed = is_needed


class ImportPanel(Panel):
    """What feeds say about an imported event, field by field; nothing on the form of any other."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "events/admin/import_panel.html"

        class Media:
            css = {"all": ("events/imports.css",)}

        @cached_property
        def imports(self):
            # The models that this takes are made of these panels.
            from .importing.admin.origin import imports_of

            return imports_of(self.instance, self.request.user) if self.instance.pk else None

        def is_shown(self):
            return self.imports is not None

        def classes(self):
            return super().classes() + ([] if self.imports.count else ["collapsed"])

        def get_context_data(self, parent_context=None):
            return {**super().get_context_data(parent_context), "imports": self.imports}


class RuleComparison(TextFieldComparison):
    """Two versions of a recurrence rule, each in words and as it is kept."""

    def __init__(self, field, obj_a, obj_b):
        super().__init__(field, obj_a, obj_b)
        self.val_a = _rule_in_words(field.value_from_object(obj_a))
        self.val_b = _rule_in_words(field.value_from_object(obj_b))


class RecurrencePanel(FieldPanel):
    """The field of a recurrence rule."""

    def get_comparison_class(self):
        return RuleComparison

    def format_value_for_display(self, value):
        return _rule_in_words(value)


def _rule_in_words(text):
    words = in_words(text)
    return words if text in ("", words) else f"{words} ({text})"
