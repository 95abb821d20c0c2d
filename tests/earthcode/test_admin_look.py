"""The admin in the portal's colours."""

import re
from itertools import product

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

TEXT = ("label", "context", "meta", "placeholder", "link-default", "link-hover", "button-outline-default")
GROUNDS = ("page", "header", "field", "dashboard-panel")
PAIRS = [
    *((f"text-{text}", f"surface-{ground}", 4.5) for text, ground in product(TEXT, GROUNDS)),
    ("text-button", "surface-button-default", 4.5),
    ("text-button", "surface-button-hover", 4.5),
    ("text-label-menus-active", "surface-menus", 4.5),
    ("text-label-menus-active", "surface-menu-item-active", 4.5),
    ("border-field-default", "surface-field", 3),
    *(("focus", f"surface-{ground}", 3) for ground in (*GROUNDS, "menus")),
]


def declared(css, selector):
    """The custom properties of all rules with exactly this selector, the last of each name."""
    rules = re.findall(r"(?:^|(?<=[{}]))\s*" + re.escape(selector) + r"\s*\{([^}]*)\}", css)
    return dict(re.findall(r"--w-color-([a-z0-9-]+):\s*([^;}]+)", ";".join(rules)))


@pytest.fixture(scope="module")
def colors():
    """color(scheme, name) of Wagtail's own style sheet and ours after it, as six hexadecimal digits."""
    styles = []
    for name in ("wagtailadmin/css/core.css", "earthcode/admin.css"):
        with open(finders.find(name)) as file:
            styles.append(re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL))
    wagtails, ours = styles
    light = declared(wagtails, ":host,:root") | declared(ours, ":root") | {"white": "#fff"}
    dark = light | declared(wagtails, ".w-theme-dark") | declared(ours, ".w-theme-dark")

    def color(scheme, name):
        known = dark if scheme == "dark" else light
        value = known[name]
        while match := re.fullmatch(r"var\(--w-color-([a-z0-9-]+)\)", value.strip()):
            value = known[match[1]]
        digits = value.strip().lstrip("#")
        return digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)

    return color


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_colors_are_far_enough_apart(colors, scheme, front, ground, least):
    assert contrast(colors(scheme, front), colors(scheme, ground)) >= least


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["wagtailadmin_login", "wagtailadmin_password_reset", "wagtailadmin_home"])
def test_every_screen_wears_the_portal(admin_client, client, name):
    html = (admin_client if name == "wagtailadmin_home" else client).get(reverse(name)).content.decode()
    assert 'href="/static/earthcode/admin.css"' in html
    assert 'rel="icon" href="/static/earthcode/img/mark.svg"' in html
    assert re.search(r"<title>[^<]* - EarthCODE</title>", html)


@pytest.mark.django_db
def test_the_sign_in_says_to_what_and_leads_back(client):
    html = client.get(reverse("wagtailadmin_login")).content.decode()
    assert "Sign in to edit EarthCODE" in html
    assert '<a href="/">Back to the portal</a>' in html
    assert 'class="portal-logo"' in html
    assert "icon-wagtail" not in html


@pytest.mark.django_db
def test_the_menu_has_the_mark(admin_client):
    html = admin_client.get(reverse("wagtailadmin_home")).content.decode()
    branding = re.search(r"<template data-wagtail-sidebar-branding-logo>(.*?)</template>", html, re.DOTALL)
    assert 'class="mark"' in branding[1]
    assert "EarthCODE" in branding[1]
