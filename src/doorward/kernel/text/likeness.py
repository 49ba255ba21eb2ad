"""What looks alike: names of people, and domains of e-mail addresses (Unicode UTS 39)."""

from __future__ import annotations

import unicodedata
from typing import Final

import idna
from disarm import is_suspicious_hostname, skeleton_key, strip_accents

_PUNYCODE: Final = "xn--"


def readable_domain(ascii_domain: str) -> str:
    """Return a domain as people read it; as the name system has it ('xn--…') where its letters mislead.

    They do where one label mixes scripts, or is of another script and made of what looks like Latin letters.
    """
    if _PUNYCODE not in ascii_domain:
        return ascii_domain
    try:
        readable = idna.decode(ascii_domain)
    except UnicodeError:
        return ascii_domain
    return ascii_domain if _misleads(readable) else readable


def same_looks(domain: str) -> str:
    """Return the key by which domains that look alike are equal: not for showing.

    Scripts, accents, digits for letters and letters that run together (rn for m) make no difference.
    """
    looks = is_suspicious_hostname(domain, contractions=True)[1].canonical
    return strip_accents(skeleton_key(looks, digit_policy="tr39"))


def name_looks(name: str) -> frozenset[str]:
    """Return the keys of a name: two that share one look alike, or are the same with its parts the other way round.

    Letter case, accents, compatibility forms, spaces and signs, and letters of other scripts that look the same make
    no difference.
    """
    # A capital I looks like a small l, and is the same letter as a small i.
    keys = {key for written in (name, name.casefold()) for key in _keys(written)}
    return frozenset(keys or {unicodedata.normalize("NFKC", name).casefold().strip()})


def _keys(name: str) -> set[str]:
    key = strip_accents(skeleton_key(strip_accents(name), digit_policy="tr39"))
    words = ["".join(filter(str.isalnum, word)) for word in key.split()]
    return {"".join(words), "".join(sorted(words))} - {""}


def _misleads(domain: str) -> bool:
    _suspicious, looks = is_suspicious_hostname(domain)
    # The last label is a registry's, and some of theirs (ру) look like others (py).
    of_another_script = looks.label_whole_script_confusable[:-1]
    unseen = looks.has_invisible or looks.bidi_control or looks.bidi_conflict or looks.compat_fold
    return looks.mixed_script or any(of_another_script) or unseen
