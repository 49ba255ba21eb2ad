"""Whether receivers can tell that a brand's mail is the brand's: DKIM and DMARC of its sender's domain."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils.translation import gettext as _

from doorward.operations.checks.finding import Finding, Record, advice, fine, unfit

if TYPE_CHECKING:
    from doorward.operations.checks.brand.name_system import NameSystem

_DKIM: Final = "dkim"
_DMARC: Final = "dmarc"
_SELECTOR: Final = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?", re.IGNORECASE)
# RFC 8301, 3.2: what signers must have at least, and what they should.
_LEAST_BITS: Final = 1024
_GOOD_BITS: Final = 2048
_ED25519_BYTES: Final = 32
# How far up a policy is looked for: RFC 9989's walk, without a list of who sells names.
_MOST_LABELS: Final = 8
_POLICIES: Final = ("none", "quarantine", "reject")


def look_at_dkim(domain: str, selector: str, names: NameSystem) -> Finding:
    """Return what is so with the key that signs; without its selector, whether there is any.

    Raises `NotAnswered`.
    """
    if not selector:
        return _any_key(domain, names)
    named = {"domain": domain, "selector": selector}
    if not _SELECTOR.fullmatch(selector):
        return unfit(
            _DKIM,
            _("“%(selector)s” is not a DKIM selector.") % named,
            _("It stands after s= in the DKIM-Signature header of a mail that was sent."),
        )
    where = f"{selector}._domainkey.{domain}"
    found = [text for text in names.texts(where) if "p" in _tags(text)]
    if len(found) == 1:
        return _key(where, found[0])
    return unfit(
        _DKIM,
        _("There is no DKIM key at %(where)s.") % {"where": where}
        if not found
        else _("There are several DKIM keys at %(where)s: receivers may use any of them.")
        % {"where": where},
        _("Create just this record, with the key that your mail server or provider shows you."),
        Record(where, "TXT", "v=DKIM1; k=rsa; p=…"),
    )


def _any_key(domain: str, names: NameSystem) -> Finding:
    if names.is_there(f"_domainkey.{domain}"):
        return advice(
            _DKIM,
            _("%(domain)s has DKIM keys. Which one signs is not known here.") % {"domain": domain},
            _("Give its selector: it stands after s= in the DKIM-Signature header of a mail."),
        )
    return unfit(
        _DKIM,
        _("%(domain)s has no DKIM key: receivers cannot tell who sent a mail or changed it.")
        % {"domain": domain},
        _(
            "Have your mail server or provider sign, and create the record that it shows you. It looks like this, "
            "with its own selector and key."
        ),
        Record(f"mail._domainkey.{domain}", "TXT", "v=DKIM1; k=rsa; p=…"),
    )


def _key(where: str, text: str) -> Finding:
    tags, named = _tags(text), {"where": where}
    if not tags["p"]:
        return unfit(
            _DKIM,
            _("The DKIM key at %(where)s was revoked: its p= is empty.") % named,
            _("Create this record, with the key that signs now."),
            Record(where, "TXT", "v=DKIM1; k=rsa; p=…"),
        )
    bits = _bits(tags)
    if bits is None or bits < _LEAST_BITS:
        return unfit(
            _DKIM,
            _("The DKIM key at %(where)s cannot be read.") % named
            if bits is None
            else _("The DKIM key at %(where)s has only %(bits)s bits, so receivers ignore it.")
            % {**named, "bits": bits},
            _("Make a key of 2048 bits, and create this record with it."),
            Record(where, "TXT", "v=DKIM1; k=rsa; p=…"),
        )
    if "y" in tags.get("t", "").split(":"):
        return advice(
            _DKIM,
            _("The DKIM key at %(where)s says t=y, so receivers treat it as a test.") % named,
            _("Remove t=y once you have tested it."),
            Record(where, "TXT", _join(tags | {"t": ""})),
        )
    if bits < _GOOD_BITS:
        return advice(
            _DKIM,
            _("The DKIM key at %(where)s has %(bits)s bits.") % {**named, "bits": bits},
            _("Make a key of 2048 bits, and create this record with it."),
            Record(where, "TXT", "v=DKIM1; k=rsa; p=…"),
        )
    return fine(_DKIM, _("There is a DKIM key at %(where)s.") % named)


def _bits(tags: dict[str, str]) -> int | None:
    """Return how strong a key is, in bits of RSA; None for what is no key."""
    try:
        content = base64.b64decode("".join(tags["p"].split()), validate=True)
        if tags.get("k", "rsa").lower() == "ed25519":
            return _GOOD_BITS if len(content) == _ED25519_BYTES else None
        key = load_der_public_key(content)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return None
    return key.key_size if isinstance(key, RSAPublicKey) else None


def look_at_dmarc(domain: str, names: NameSystem) -> Finding:
    """Return what is so with the policy, the domain's own or that of one above it. Raises `NotAnswered`."""
    for where in _above(domain):
        found = [
            text
            for text in names.texts(f"_dmarc.{where}")
            if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)
        ]
        if len(found) > 1:
            return unfit(
                _DMARC,
                _("%(domain)s has several DMARC records, so receivers use none of them.")
                % {"domain": where},
                _("Replace them with this one."),
                _policy(where),
            )
        if found:
            return _of_dmarc(domain, where, _tags(found[0]))
    return unfit(
        _DMARC,
        _("%(domain)s has no DMARC record: receivers do nothing about forged mail.")
        % {"domain": domain},
        _(
            "Create this record. If others also send for this domain, begin with p=none and read the reports first."
        ),
        _policy(domain),
    )


def _of_dmarc(domain: str, where: str, tags: dict[str, str]) -> Finding:
    named = {"domain": domain, "where": f"_dmarc.{where}"}
    name = "sp" if where != domain and "sp" in tags else "p"
    policy = tags.get(name, "").lower()
    wanted = Record(f"_dmarc.{where}", "TXT", _join(tags | {name: "quarantine"}))
    if policy not in _POLICIES:
        return unfit(
            _DMARC,
            _("The DMARC record at %(where)s has no policy that receivers know (p=).") % named,
            _("Create this record."),
            wanted,
        )
    if policy == "none":
        return advice(
            _DMARC,
            _("The DMARC record at %(where)s asks receivers to do nothing about forged mail.")
            % named,
            _("Once the reports show that all mail of your own passes, ask for quarantine."),
            wanted,
        )
    return fine(
        _DMARC,
        _("The DMARC record at %(where)s asks receivers for “%(policy)s” of forged mail.")
        % {**named, "policy": policy},
    )


def _above(domain: str) -> list[str]:
    """Return the domain and those above it, but none that is all that there is (like `com`)."""
    labels = domain.split(".")
    starts = [0, *range(max(1, len(labels) - _MOST_LABELS + 1), len(labels) - 1)]
    return [".".join(labels[start:]) for start in starts]


def _policy(domain: str) -> Record:
    value = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"
    return Record(f"_dmarc.{domain}", "TXT", value)


def _tags(text: str) -> dict[str, str]:
    """Return the tags of a record, `v=…; p=…`, by their names (RFC 6376, 3.2)."""
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, sign, value in parts if sign}


def _join(tags: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in tags.items() if value)
