"""Whether an entry of a feed is for everybody, by the words of its format. Pure; no format itself.

An entry is public only if it is known to be: a word that nobody knows hides it (RFC 5545, 3.8.1.3).
"""

from .words import folded


def _plain(word: str) -> str:
    return folded(word).strip("\"'“”„.! ")


# Of CLASS, Outlook's Sensitivity (also as its number), Google's and Indico's visibility; in the languages in which
# Outlook writes tables.
_PUBLIC = frozenset(
    _plain(word)
    for word in (
        "public everyone everybody everywhere anyone world default standard normal 0 0.0"
        " öffentlich publique normale pubblico pubblica público pública openbaar normaal publiczny publiczne publiczna"
        " normalny normalna normalne offentlig offentligt julkinen normaali normální veřejné veřejný veřejná normálne"
        " verejné κανονική κανονικό δημόσιο δημόσια normál nyilvános normală običajno javno uobičajeno tavaline avalik"
    ).split()
)
# Of a mark that is set or not, such as the column “Private”.
_NO = frozenset(
    _plain(word)
    for word in (
        "false no n f 0 0.0 off none - falsch nein aus faux non falso não nao nee onwaar uit fałsz nie nej falskt falsk"
        " nei ei epätosi ne nepravda hamis nem fals nu ψευδες ψευδής οχι όχι lažno netočno napačno väär klaidinga"
        " usann usand usant desactivado disattivato deactivated wyl pois av kikapcsolva vypnuto vypnute izklopljeno"
    ).split()
)


def is_public(word: str) -> bool:
    """Whether `word`, the value of such as CLASS, Sensitivity or visibility, lets everybody know of the entry.

    "" says nothing and is public; so is a word in any case that is known to mean it, and no other.
    """
    word = _plain(word)
    return not word or word in _PUBLIC


def is_no(word: str) -> bool:
    """Whether `word`, the value of a mark such as “Private” or “Hidden”, says that the mark is not set.

    "" does; so does what is known to mean no, and no other word.
    """
    word = _plain(word)
    return not word or word in _NO
