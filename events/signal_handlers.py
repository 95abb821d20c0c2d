"""What follows from publishing, unpublishing and deleting an event."""

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils import timezone as clock
from modelsearch.index import remove_object
from wagtail.contrib.redirects.models import Redirect
from wagtail.signals import page_unpublished, published

from .importing import indexing
from .importing.settle import published_by_somebody
from .models import EventPage, EventTombstone

# Publishing, copying and making an alias, which Wagtail announces by no signal of its own, write a page whole. Saving a
# draft writes a few named fields.


@receiver(pre_save, sender=EventPage)
def raise_sequence(sender, instance, raw, update_fields, **kwargs):
    """Each publication counts, whatever number an older draft remembers."""
    if raw or update_fields is not None:
        return
    if instance._state.adding:
        instance.sequence = 0
    else:
        held = EventPage.objects.filter(pk=instance.pk).values_list("sequence", flat=True).first() or 0
        instance.sequence = held + (1 if instance.live else 0)


@receiver(post_save, sender=EventPage)
def rebuild_occurrences(sender, instance, created, raw, update_fields, **kwargs):
    """The rows are of the published page only. An alias gets its own when it is made a page of its own."""
    if raw or not (update_fields is None or "alias_of_id" in update_fields):
        return
    if instance.live:
        instance.rebuild_occurrences(clock.now())
        EventTombstone.objects.filter(slug=instance.slug).delete()
    elif not created:
        instance.occurrences.all().delete()


@receiver(page_unpublished, sender=EventPage)
def forget_occurrences(sender, instance, **kwargs):
    """Wagtail unpublishes aliases, and what a list of pages names, as mere pages, of which no save here hears."""
    instance.occurrences.all().delete()


@receiver(published, sender=EventPage)
def note_what_feeds_had_said(sender, instance, **kwargs):
    """Imports keep account of what they publish themselves; this is for what people do, at once or by a schedule."""
    if instance.live and not getattr(instance, "is_published_by_import", False):
        published_by_somebody(instance)


@receiver(post_save, sender=EventPage)
def index_for_search(sender, instance, raw, **kwargs):
    if not raw:
        indexing.index_for_search(instance.pk)


@receiver(post_delete, sender=EventPage)
def remove_from_search(sender, instance, **kwargs):
    remove_object(instance)


@receiver(pre_delete, sender=EventPage)
def leave_tombstones(sender, instance, **kwargs):
    """Visitors and search engines that knew the event are told that it is gone for good, at its former addresses
    too."""
    if not instance.first_published_at:
        return
    title = "" if instance.get_view_restrictions().exists() else instance.title
    for slug in {instance.slug, *_former_slugs(instance)}:
        EventTombstone.objects.update_or_create(
            slug=slug, defaults={"title": title, "deleted_at": clock.now(), "replaced_by": None}
        )


@receiver(post_delete, sender=EventPage)
def point_on(sender, instance, **kwargs):
    """Only now is it known whether the event that replaces this one was deleted with it."""
    replacement = EventPage.objects.filter(pk=instance.replaced_by_id).first()
    if replacement:
        EventTombstone.objects.filter(slug=instance.slug).update(replaced_by=replacement)


def _former_slugs(event):
    """Where redirects, which are deleted with the event, lead to it."""
    parts = event.get_url_parts()
    above = Redirect.normalise_path(parts[2]).rpartition("/")[0] if parts else None
    paths = Redirect.objects.filter(redirect_page=event).values_list("old_path", flat=True)
    splits = (path.rpartition("/") for path in paths)
    return {slug for folder, _, slug in splits if folder == above}
