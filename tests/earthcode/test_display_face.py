"""The web font of the headings and what stands in for it."""

import re
from io import BytesIO

import pytest
from fontTools.ttLib import TTFont

from earthcode import display_face, finders
from earthcode.lettering import archivo
from earthcode.stylesheet import SOURCES


@pytest.fixture(scope="module")
def font():
    return finders.font()


def test_it_is_small_and_holds_the_latin_scripts_of_europe(font):
    assert font[:4] == b"wOF2"
    assert len(font) <= 20_000
    held = TTFont(BytesIO(font)).getBestCmap()
    for letter in "Çeşme, Łódź, Őrség, Ħamrun, Þingvellir, Iași: – “€ 1 000” … ½ × 2 − 1 → 5′":
        assert ord(letter) in held, letter


def test_it_is_condensed_and_bold(font, tmp_path):
    (tmp_path / "font.woff2").write_bytes(font)
    table = TTFont(BytesIO(font))
    assert "fvar" not in table
    drawn = archivo(1000, 700, 75)
    for letter in "aHmg":
        assert table["hmtx"][table.getBestCmap()[ord(letter)]][0] == pytest.approx(
            drawn.getlength(letter), abs=2
        )


def test_its_licence_is_served_beside_it():
    assert set(finders.MADE) >= {"earthcode/fonts/archivo-display.woff2", "earthcode/fonts/OFL.txt"}
    licence = finders.MADE["earthcode/fonts/OFL.txt"]().decode()
    assert "SIL OPEN FONT LICENSE" in licence
    assert "The Archivo Project Authors" in licence


def test_it_is_made_once_for_all_processes(settings, tmp_path, monkeypatch):
    settings.MADE_FILES_DIR = tmp_path
    made = []
    monkeypatch.setattr(display_face, "woff2", lambda: made.append(1) or b"a font")
    monkeypatch.setattr(display_face, "CHARACTERS", "U+20-7E")
    for _ in range(2):
        assert finders.font.__wrapped__() == b"a font"
    assert made == [1]
    monkeypatch.setattr(display_face, "CHARACTERS", "U+20-7F")
    finders.font.__wrapped__()
    assert made == [1, 1], "another recipe is another font"


def test_what_stands_in_for_it_is_as_wide_and_as_high(font):
    """Of a text of usual letters, set in Helvetica's widths (see LETTERS) and scaled as the stylesheet says."""
    table = TTFont(BytesIO(font))
    names, advances = table.getBestCmap(), table["hmtx"]
    text = "the quick workshop on open science data and the ocean is at noon in the main hall"
    width = sum(advances[names[ord(letter)]][0] for letter in text)
    css = display_face.font_faces(font, "font.woff2")
    found = re.findall(r'"Archivo Display (\w+)".*size-adjust: ([\d.]+)%; ascent-override: ([\d.]+)%', css)
    assert [name for name, *_ in found] == ["Narrow", "Wide"]
    for name, *percents in found:
        size, ascent = (float(percent) / 100 for percent in percents)
        arial = sum(display_face.LETTERS[letter][1] for letter in text)
        assert arial * size * (display_face.NARROW if name == "Narrow" else 1) == pytest.approx(
            width, rel=0.02
        )
        assert ascent * size * 1000 == pytest.approx(table["hhea"].ascent, rel=0.001)


def test_the_headings_ask_for_it_first_and_then_for_what_stands_in():
    families = re.search(r"--font-display: ([^;]+);", (SOURCES / "tokens.css").read_text())[1].split(", ")
    wanted = [display_face.FAMILY, *display_face.FALLBACKS]
    assert families[: len(wanted)] == [f'"{name}"' for name in wanted]
