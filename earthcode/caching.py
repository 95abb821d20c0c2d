"""How long shared caches may keep what anybody may read."""

from django.utils.cache import patch_cache_control

# Browsers ask each time and mostly hear 304; a shared cache in front answers for a minute by itself, because
# "upcoming" and "past" follow the clock and nobody publishes anything when an event ends.
PUBLIC = {"public": True, "max_age": 0, "s_maxage": 60, "stale_while_revalidate": 600}

# For files that pages use: whoever has one may keep it, but a shared cache asks again whether it is still public.
WHILE_PUBLIC = {"public": True, "s_maxage": 60}


def mark_public(response):
    """Let shared caches keep `response`, if it is a good answer."""
    if response.status_code == 200:
        patch_cache_control(response, **PUBLIC)
    return response
