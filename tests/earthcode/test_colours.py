"""What is written or drawn in a colour of the stylesheet can be told from every ground it may stand on."""

import re

import pytest

from earthcode.stylesheet import SOURCES

SCHEMES = ("light", "dark")
TEXT, SIGN = 4.5, 3  # WCAG 2.2: 1.4.3 and 1.4.11


def grounds():
    """What each ground says of its colours, by its class; “root” is where there is none."""
    found = {}
    for path in (SOURCES / "tokens.css", *sorted(SOURCES.glob("*.css"))):
        css = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", path.read_text())
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
            for name in re.findall(r"(?:^|\s)(?::(root)|\.ground-(\w+))(?=,|\s*$)", selectors):
                found.setdefault("".join(name), {}).update(re.findall(r"(--[\w-]+): ([^;]+);", body))
    return {name: {**found["root"], **colours} for name, colours in found.items()}


def colour(value, colours, scheme):
    """The red, green and blue of what `value` comes to."""
    if parts := re.fullmatch(r"light-dark\((.+), (.+)\)", value):
        return colour(parts[1 + SCHEMES.index(scheme)], colours, scheme)
    if name := re.fullmatch(r"var\((.+)\)", value):
        return colour(colours[name[1]], colours, scheme)
    digits = value.removeprefix("#")
    digits = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    return bytes.fromhex(digits)


def luminance(rgb):
    """WCAG's relative luminance."""
    shares = [share / 255 for share in rgb]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_what_wcag_calls_it():
    assert contrast(b"\xff\xff\xff", b"\0\0\0") == 21
    assert contrast(bytes.fromhex("767676"), b"\xff\xff\xff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", grounds())
def test_every_ground_carries_its_colours(ground, scheme):
    colours = grounds()[ground]

    def between(one, other):
        return contrast(*(colour(f"var({name})", colours, scheme) for name in (one, other)))

    for below in ("--ground", "--raised"):
        for name in ("--text", "--muted", "--link"):
            assert between(name, below) >= TEXT, f"{name} on {below}"
        assert between("--signal", below) >= TEXT, f"--signal on {below}"
    assert between("--accent", "--ground") >= SIGN
    assert between("--white", "--bar") >= TEXT
    assert between("--abyss", "--ember") >= TEXT


def test_all_grounds_are_looked_at():
    assert {"root", "white", "paper", "deep", "night"} <= set(grounds())
