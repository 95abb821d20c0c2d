"""The pattern library at /styleguide/, for developers: every component of the portal by itself, rendered by the
portal's own templates. Only `earthcode.urls_development` leads here; nothing imports it."""
