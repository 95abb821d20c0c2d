"""What is kept of the past, and for how long: `KEEP_HISTORY_DAYS`."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from wagtail.log_actions import registry

logger = logging.getLogger(__name__)
BATCH = 1000


def kept_since(at: datetime) -> datetime:
    """What is older than this is forgotten at `at`; both are aware."""
    return at - timedelta(days=settings.KEEP_HISTORY_DAYS)


def delete_in_batches(rows: Any) -> int:
    """Delete `rows`, a queryset, with what hangs on them, so that no transaction is long; how many they were."""
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            rows.model._base_manager.filter(pk__in=keys).delete()
        deleted += len(keys)
    return deleted


def forget_log_entries(at: datetime) -> int:
    """Delete what Wagtail has logged of who did what before `kept_since`; how many entries there were.

    Revisions are not touched: Wagtail's `purge_revisions` is for them.
    """
    models = sorted(registry.get_log_entry_models(), key=lambda model: model._meta.label)
    deleted = sum(
        delete_in_batches(model._base_manager.filter(timestamp__lt=kept_since(at))) for model in models
    )
    logger.info("Deleted %s log entries of more than %s days ago", deleted, settings.KEEP_HISTORY_DAYS)
    return deleted
