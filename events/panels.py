"""Panels of the admin that suit a long form of which most is seldom needed."""

from wagtail.admin.compare import TextFieldComparison
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel

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
