"""Where a brand's host names lead, and the certificate that answers there.

Asked are only the brand's own names, at the port of https, and at no private address unless a setting allows it.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.kernel.connecting import connected
from doorward.kernel.ssrf import is_public
from doorward.operations.checks.brand.name_system import NotAnswered
from doorward.operations.checks.finding import Finding, Record, advice, fine, unfit

if TYPE_CHECKING:
    from doorward.operations.checks.brand.name_system import NameSystem

PORT: Final = 443
_SECONDS: Final = 2.5
_MOST_ADDRESSES: Final = 2
_MOST_NAMES: Final = 3
# Whoever renews by itself does so a month before: less is a sign that it does not.
_SOON: Final = 14
_ADDRESSES: Final = "addresses"
_CERTIFICATE: Final = "certificate"
# What OpenSSL says (X509_V_ERR_…) of what has sentences of its own below.
_EXPIRED: Final = 10
_SELF_SIGNED: Final = (18, 19)
_NO_CHAIN: Final = (2, 20, 21)
_OTHER_NAME: Final = 62


@dataclass(frozen=True, slots=True)
class Doors:
    """How certificates are looked at: the port, and whom they are trusted from."""

    now: datetime
    port: int = PORT
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)


def look_at_addresses(host: str, names: NameSystem) -> tuple[Finding, tuple[str, ...]]:
    """Return what is so with the addresses of a host name, and those that may be asked. Raises `NotAnswered`."""
    found, named = names.addresses(host), {"host": host}
    if not found:
        finding = unfit(
            _ADDRESSES,
            _("%(host)s has no address.") % named,
            _("Create this record: the name leads to the proxy in front of Doorward."),
            _leading(host, names),
        )
        return finding, ()
    private = [one for one in found if not is_public(one)]
    allowed = tuple(one for one in found if settings.DOORWARD.private_hosts or one not in private)
    named |= {"addresses": ", ".join(found), "private": ", ".join(private)}
    if private and not settings.DOORWARD.private_hosts:
        return _inside(named, _leading(host, names)), allowed
    said = (
        _("%(host)s leads to %(addresses)s, inside your network.")
        if private
        else _("%(host)s leads to %(addresses)s.")
    )
    return fine(_ADDRESSES, said % named), allowed


def _inside(named: dict[str, str], record: Record) -> Finding:
    leads = _(
        "%(host)s leads to %(private)s, a private address that nobody on the internet reaches. "
        "It was not contacted."
    )
    do = _(
        "Let it lead to a public address. If the portal is inside your network, set DOORWARD_PRIVATE_HOSTS."
    )
    return unfit(_ADDRESSES, leads % named, do, record)


def _leading(host: str, names: NameSystem) -> Record:
    """Return the record that leads a name here: to where the public address is, where that can be told."""
    public = urlsplit(settings.DOORWARD.origin).hostname or ""
    try:
        known = [one for one in names.addresses(public) if is_public(one)]
    except NotAnswered:
        known = []
    if not known:
        return Record(host, "A", _("the proxy's address"))
    return Record(host, "AAAA" if ":" in known[0] else "A", known[0])


def look_at_certificate(
    host: str, addresses: tuple[str, ...], doors: Doors, *, ends: float
) -> Finding:
    """Return what is so with the certificate at the worst of the addresses."""
    asked = addresses[:_MOST_ADDRESSES]
    found = [_at(host, (one, doors.port), doors, ends=ends) for one in asked]
    return min(found, key=lambda finding: ("unfit", "advice", "fine").index(finding.verdict))


def _at(host: str, address: tuple[str, int], doors: Doors, *, ends: float) -> Finding:
    named = {"host": host, "address": address[0], "port": address[1]}
    ends = min(ends, time.monotonic() + _SECONDS)
    if ends <= time.monotonic():
        return not_in_time(_CERTIFICATE, host)
    try:
        return _good(host, _certificate(host, address, doors.trust, ends=ends), doors.now)
    except ssl.SSLCertVerificationError as error:
        return _refused(host, address, error, ends=ends)
    except (OSError, ValueError) as error:
        what = _("Nobody answers for %(host)s at %(address)s, port %(port)s, in time.")
        # What was cut off looks like TLS that went wrong.
        if isinstance(error, ssl.SSLError) and time.monotonic() < ends:
            what = _("%(host)s answers at %(address)s, port %(port)s, but not with TLS.")
    return unfit(
        _CERTIFICATE, what % named, _("Check the proxy there, and the firewall before it.")
    )


def _certificate(
    host: str, address: tuple[str, int], context: ssl.SSLContext, *, ends: float
) -> x509.Certificate:
    with connected(host, address, context=context, ends=ends) as sock:
        content = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
        return x509.load_der_x509_certificate(content or b"")


def _good(host: str, certificate: x509.Certificate, now: datetime) -> Finding:
    until = certificate.not_valid_after_utc
    days = (until - now).days
    named = {"host": host, "num": days, "day": _day(until), "issuer": _issuer(certificate)}
    what = ngettext(
        "The certificate of %(host)s, from %(issuer)s, is valid for %(num)s more day, until %(day)s.",
        "The certificate of %(host)s, from %(issuer)s, is valid for %(num)s more days, until %(day)s.",
        days,
    )
    if days < _SOON:
        do = _("Find out why it was not renewed automatically, and renew it in time.")
        return advice(_CERTIFICATE, what % named, do)
    return fine(_CERTIFICATE, what % named)


def _refused(
    host: str,
    address: tuple[str, int],
    error: ssl.SSLCertVerificationError,
    *,
    ends: float,
) -> Finding:
    """Return why browsers refuse a certificate; it is read once more, for what it says of itself."""
    any_ = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    any_.check_hostname, any_.verify_mode = False, ssl.CERT_NONE
    try:
        certificate = _certificate(host, address, any_, ends=ends)
    except (OSError, ValueError):
        what = _("Browsers refuse the certificate of %(host)s: %(why)s.")
        named = {"host": host, "why": error.verify_message}
        return unfit(_CERTIFICATE, what % named, _("Give the proxy another one."))
    named = {"host": host, "names": _names(certificate), "why": error.verify_message}
    named |= {"day": _day(certificate.not_valid_after_utc), "issuer": _issuer(certificate)}
    what, do = _why(error.verify_code)
    return unfit(_CERTIFICATE, what % named, do % named)


def _why(code: int) -> tuple[str, str]:
    """Return what is wrong, and what to do about it."""
    if code == _EXPIRED:
        return _("The certificate of %(host)s expired on %(day)s."), _("Renew it.")
    if code == _OTHER_NAME:
        return (
            _("The certificate at %(host)s is for %(names)s."),
            _("Give the proxy one for %(host)s."),
        )
    if code in _SELF_SIGNED:
        return (
            _("The certificate of %(host)s is self-signed, so browsers warn of it."),
            _("Give the proxy one of a public authority, for example Let's Encrypt."),
        )
    if code in _NO_CHAIN:
        return (
            _(
                "The certificate of %(host)s, from %(issuer)s, does not lead to an authority that browsers trust."
            ),
            _("Have the proxy send the whole chain, with the intermediate certificates."),
        )
    return (
        _("Browsers refuse the certificate of %(host)s: %(why)s."),
        _("Give the proxy another one."),
    )


def _names(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
    except (x509.ExtensionNotFound, ValueError):
        names = []
    # Whoever answers chooses what stands there.
    shown = [_plain(one) for one in names[:_MOST_NAMES]]
    return ", ".join(shown) + (" …" if len(names) > len(shown) else "") or _("no name")


def _issuer(certificate: x509.Certificate) -> str:
    names = certificate.issuer
    for kind in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME):
        found = names.get_attributes_for_oid(kind)
        if found:
            return _plain(str(found[0].value))
    return _("an unknown authority")


def _plain(text: str) -> str:
    return "".join(one for one in text if one.isprintable())[:80]


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()


def not_in_time(check: str, host: str) -> Finding:
    """Return the finding that something was not looked at."""
    return advice(
        check,
        _("%(host)s could not be checked in time.") % {"host": host},
        _("Check again, and see whether DNS answers."),
    )
