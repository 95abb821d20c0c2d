"""What is public only because it is known to be, whatever the format."""

import pytest

from events.importing.parse.privacy import is_no, is_public


@pytest.mark.parametrize(
    "word",
    ["", " ", "PUBLIC", "public", "Public ", '"PUBLIC"', "Normal", "0", "default", "Öffentlich", "NORMALE"],
)
def test_what_is_known_to_be_public(word):
    assert is_public(word)


@pytest.mark.parametrize(
    "word",
    [
        *(
            "PRIVATE",
            "Confidential",
            "RESTRICTED",
            "X-INTERNAL",
            "PUBLIC,PRIVATE",
            "PUBLICX",
            "not public",
            "?",
            "1",
        ),
        *("2", "Personal", "Privat", "Vertraulich", "nowhere", "none", "TRUE", "PUBLIC;", "-"),
    ],
)
def test_every_other_word_hides(word):
    assert not is_public(word)


@pytest.mark.parametrize(
    "word",
    ["", "FALSE", "False", "no", "0", "Falsch", "FAUX", "Nein", "Aus", "FAŁSZ", "ψευδής", "ΨΕΥΔΉΣ", "OFF"],
)
def test_a_mark_that_is_known_not_to_be_set(word):
    assert is_no(word)


@pytest.mark.parametrize("word", ["TRUE", "1", "yes", "Ja", "x", "Wahr", "Ein", "?", "falsey"])
def test_every_other_mark_is_set(word):
    assert not is_no(word)
