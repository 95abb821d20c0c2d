"""What the admin asks of an event before it is published; a draft may lack it."""

from earthcode.forms import BasePageForm


class EventPageForm(BasePageForm):
    def clean(self):
        cleaned = super().clean()
        needs_a_date = cleaned.get("date_status") != "to_be_determined"
        if needs_a_date and not cleaned.get("start_date") and not self.is_deferred_validation:
            self.add_error("start_date", "Give the first day, or set the date status to “To be determined”.")
        return cleaned
