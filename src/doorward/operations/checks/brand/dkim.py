"""DKIM of a brand's sender: whether receivers find the key that its mail is signed with."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.utils.translation import gettext as _

from doorward.operations.checks.brand.tags import joined, tags_of
from doorward.operations.checks.finding import Finding, Record, advice, fine, unfit

if TYPE_CHECKING:
    from doorward.operations.checks.brand.name_system import NameSystem

_DKIM: Final = "dkim"
_SELECTOR: Final = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,61}[a-z0-9])?", re.IGNORECASE)
# RFC 8301, 3.2: what signers must have at least, and what they should.
_LEAST_BITS: Final = 1024
_GOOD_BITS: Final = 2048
_ED25519_BYTES: Final = 32


def look(domain: str, selector: str, names: NameSystem) -> Finding:
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
    found = [text for text in names.texts(where) if "p" in tags_of(text)]
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
    tags, anew = tags_of(text), Record(where, "TXT", "v=DKIM1; k=rsa; p=…")
    bits = _bits(tags) if tags["p"] else None
    named = {"where": where, "bits": bits}
    longer = _("Make a key of 2048 bits, and create this record with it.")
    if not tags["p"]:
        revoked = _("The DKIM key at %(where)s was revoked: its p= is empty.") % named
        return unfit(_DKIM, revoked, _("Create this record, with the key that signs now."), anew)
    if bits is None:
        return unfit(_DKIM, _("The DKIM key at %(where)s cannot be read.") % named, longer, anew)
    if bits < _LEAST_BITS:
        short = _("The DKIM key at %(where)s has only %(bits)s bits, so receivers ignore it.")
        return unfit(_DKIM, short % named, longer, anew)
    if "y" in tags.get("t", "").split(":"):
        return advice(
            _DKIM,
            _("The DKIM key at %(where)s says t=y, so receivers treat it as a test.") % named,
            _("Remove t=y once you have tested it."),
            Record(where, "TXT", joined(tags | {"t": ""})),
        )
    if bits < _GOOD_BITS:
        few = _("The DKIM key at %(where)s has %(bits)s bits.")
        return advice(_DKIM, few % named, longer, anew)
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
