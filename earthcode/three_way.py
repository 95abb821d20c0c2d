"""Which of two versions has the say, field by field, where both come from a third one. Pure."""

from collections.abc import Mapping
from typing import Any


def three_way(
    base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> tuple[set[str], set[str]]:
    """The names of what only `theirs` changed since `base`, and of what `mine` changed as well, to something else.

    A name that one of them lacks is None there. What only `mine` changed, and what both changed alike, is neither.
    """
    news = {
        name
        for name in base.keys() | theirs.keys()
        if theirs.get(name) not in (base.get(name), mine.get(name))
    }
    alone = {name for name in news if mine.get(name) == base.get(name)}
    return alone, news - alone
