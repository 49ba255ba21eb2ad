"""Text that people and browsers send: lines, e-mail addresses, the address to go on to."""

import re
import unicodedata
from typing import Final
from urllib.parse import unquote, urlsplit

from doorward.kernel.errors import (
    AddressInvalid,
    EmailInvalid,
    HostInvalid,
    NameInvalid,
    NameMissing,
    TextInvalid,
    TextTooLong,
)
from doorward.kernel.host_spelling import DEFAULT_PORTS, ascii_host, split_netloc
from doorward.kernel.text.likeness import readable_domain

LONGEST_EMAIL: Final = 254
LONGEST_NEXT: Final = 2000
# So many code points one can become when letter case is taken off it: "ΐ" has three.
MOST_FOLDED: Final = 3

_JOINERS: Final = frozenset("\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Letters, marks and symbols that are drawn as nothing.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LOCAL_PART: Final = re.compile(
    r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_LONGEST_LOCAL_PART: Final = 64
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_LONGEST_DOMAIN: Final = 253
# IDNA 2003, which some mail programs still speak, and IDNA 2008 send these to different domains.
_AMBIGUOUS: Final = frozenset("ßς\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}")


def clean_line(text: str, *, maximum: int) -> str:
    """Return one line: trimmed, NFC, at most `maximum` code points; "" when nothing was written.

    Raises TextTooLong (maximum), or TextInvalid for control characters, line breaks, what turns the direction of
    writing and what is not seen (the two joiners apart, which Persian, Indian scripts and emoji need).
    """
    line = unicodedata.normalize("NFC", text.strip())
    if len(line) > maximum:
        raise TextTooLong(maximum=maximum)
    if any(
        character in _UNSEEN
        or (unicodedata.category(character) in _REFUSED and character not in _JOINERS)
        for character in line
    ):
        raise TextInvalid
    return line


def clean_lines(text: str, *, maximum: int) -> str:
    """Return a text of several lines, each as `clean_line` has it; raises what that raises, for the whole text."""
    lines = [clean_line(line, maximum=maximum) for line in text.splitlines()]
    cleaned = "\n".join(lines).strip()
    if len(cleaned) > maximum:
        raise TextTooLong(maximum=maximum)
    return cleaned


def clean_name(text: str, *, maximum: int, other: str = "") -> str:
    """Return a person's first or last name as `clean_line` does, with something in it that is seen.

    Empty for somebody who has but the `other` one. Raises NameMissing without either, and NameInvalid for an `@`, in
    any of its forms: where people are named by name and e-mail, no name may pass for the latter.
    """
    name = clean_line(text, maximum=maximum)
    if not _is_seen(name):
        if _is_seen(other):
            return ""
        raise NameMissing
    if "@" in unicodedata.normalize("NFKC", name):
        raise NameInvalid
    return name


def _is_seen(text: str) -> bool:
    return any(unicodedata.category(character)[0] in "LNPS" for character in text)


def clean_email(text: str) -> str:
    """Return an address that mail can be sent to, trimmed, its domain in lower case; the local part stays as it is.

    An international domain stays readable, unless its letters mislead (`likeness`). Raises EmailInvalid; also for local
    parts beyond ASCII, which many mail servers cannot take, and for quoted ones. Whether anybody lives there only a
    mail can tell.
    """
    local, at, domain = text.strip().rpartition("@")
    domain_in_ascii = ascii_domain(domain)
    if not at or domain_in_ascii is None:
        raise EmailInvalid
    if len(local) > _LONGEST_LOCAL_PART or not _LOCAL_PART.fullmatch(local):
        raise EmailInvalid
    if len(local) + 1 + len(domain_in_ascii) > LONGEST_EMAIL:
        raise EmailInvalid
    return f"{local}@{_readable(domain_in_ascii)}"


def is_same_email(one: str, other: str) -> bool:
    """Return whether mail to both goes to one mailbox, however the domain is written."""
    return ascii_email(one) == ascii_email(other)


def ascii_email(text: str) -> str:
    """Return an address with its domain as the name system has it; takes anything and never raises."""
    local, at, domain = text.strip().rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain}"


def fold_email(text: str) -> str:
    """Return the copy by which addresses are compared; takes anything and never raises.

    Two texts that fold alike are one account, so mail goes to the address in the row, never to the one just typed:
    folding makes letters equal that a mail server keeps apart.
    """
    local, at, domain = unicodedata.normalize("NFC", storable(text).strip()).rpartition("@")
    return f"{local}{at}{ascii_domain(domain) or domain}".casefold()


def clean_host(text: str) -> str:
    """Return a host name as browsers send it: ASCII, in lower case, without a dot at its end. Raises HostInvalid."""
    host = ascii_host(text.strip())
    if host is None or not (host == "localhost" or ("." in host and not host[-1].isdecimal())):
        raise HostInvalid
    return host


def clean_link(text: str, *, maximum: int, path: bool = False) -> str:
    """Return an https or http address that a page may link to, trimmed; "" when nothing was written.

    `path`: an absolute path of this site will do, too. Raises AddressInvalid, also for an address with a
    user's name or password in it and for a host that is none, or TextTooLong (maximum).
    """
    link = text.strip()
    if len(link) > maximum:
        raise TextTooLong(maximum=maximum)
    if not link or (path and safe_next(link) is not None):
        return link
    try:
        parts = urlsplit(link)
        _ = parts.port
    except ValueError as error:
        raise AddressInvalid from error
    # Somebody's name before the host makes it none.
    known = parts.scheme in DEFAULT_PORTS and split_netloc(parts.netloc) is not None
    if not known or _is_odd(link):
        raise AddressInvalid
    return link


def fold_case(text: str) -> str:
    """Return the copy by which names of customers are compared: no letter case; takes anything.

    It is at most `MOST_FOLDED` times as long as a clean text.
    """
    return storable(text).strip().casefold()


def storable(text: str) -> str:
    """Return a text that any database takes: what no text can have, null and half a character, is a mark instead."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def ascii_domain(domain: str) -> str | None:
    """Return the domain as the name system has it, in lower case; None when it is no domain of two labels and more."""
    if len(domain) > _LONGEST_DOMAIN or domain.endswith(".") or _AMBIGUOUS & set(domain):
        return None
    name = ascii_host(domain)
    if name is None or ":" in name or name.replace(".", "").isdecimal():
        return None
    # A name and what it is under.
    return name if "." in name or name == "localhost" else None


def _readable(domain: str) -> str:
    """Return a domain as it is shown: what is read there is the same domain when it is typed."""
    readable = readable_domain(domain)
    return readable if ascii_domain(readable) == domain else domain


def safe_next(path: str | None) -> str | None:
    """Return the path back if a browser that follows it stays on this site, else None.

    Only an absolute path of this site (with query and fragment), at most 2000 characters. Refused also: what
    becomes another host after decoding once or more, dot segments and empty segments.
    """
    if not path or len(path) > LONGEST_NEXT or _is_odd(path):
        return None
    before_query = re.split(r"[?#]", path, maxsplit=1)[0]
    return path if before_query.startswith("/") and _is_plain(before_query) else None


def _is_plain(path: str) -> bool:
    """Return whether a path stays what it is however often something on the way decodes it.

    Decoding takes nothing away but percent signs, so what is wrong before it is wrong after it.
    """
    for _ in range(3):
        path = unquote(path)
    dots = {".", ".."} & set(path.split("/"))
    return not dots and "%" not in path and "//" not in path and not _is_odd(path)


def _is_odd(text: str) -> bool:
    return any(
        character == "\\" or unicodedata.category(character)[0] in "CZ" for character in text
    )
