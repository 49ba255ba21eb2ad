"""All that is looked at for a brand, within ten seconds and sixty questions, one brand at a time in a process."""

from __future__ import annotations

import time
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import gettext as _

from doorward.customers import brands, cached, hosts
from doorward.customers.hosts import State
from doorward.customers.rights import authorise
from doorward.kernel.errors import MustWait
from doorward.kernel.host_spelling import is_loopback
from doorward.notifications.envelope import sender_of
from doorward.operations.checks.brand import dkim, dmarc, host_names, kept, spf
from doorward.operations.checks.brand.host_names import Doors, not_in_time
from doorward.operations.checks.brand.name_system import NameSystem, NotAnswered
from doorward.operations.checks.brand.spf import Sender
from doorward.operations.checks.finding import Finding, Record, advice, fine, unfit
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.customers.hosts import Host

SECONDS: Final = 10.0
_MOST_QUESTIONS: Final = 60
_MOST_HOSTS: Final = 5
_ONE = BoundedSemaphore(1)
_WAIT_SECONDS: Final = 10


def look(brand_id: UUID, selector: str, *, actor: Actor, doors: Doors) -> tuple[Finding, ...]:
    """Return what is so with a brand's host names and with who may send its mail; it is kept until the next time.

    `selector`: of the DKIM key, if it is known. It asks the network, so no transaction may be open.
    Raises `NotFound`, or `MustWait` while another brand is looked at.
    """
    authorise(actor, Action.CHECK_BRAND, brand_id=brand_id)
    brand = brands.get(brand_id)
    if not _ONE.acquire(blocking=False):
        raise MustWait(_WAIT_SECONDS)
    try:
        names = NameSystem(ends=time.monotonic() + SECONDS, most=_MOST_QUESTIONS)
        # The sender first: a host that keeps us waiting must not take its time.
        mail = list(_mail(sender_of(cached.brand_of(brand_id)), selector.strip(), names))
        found = (*_hosts(hosts.of(brand), doors, names), *mail)
    finally:
        _ONE.release()
    kept.keep(brand, found, selector.strip(), actor=actor, now=doors.now)
    return found


def _hosts(found: tuple[Host, ...], doors: Doors, names: NameSystem) -> Iterator[Finding]:
    if not found:
        yield advice(
            "addresses",
            _("The brand has no host name of its own."),
            _(
                "Give it one, so that people see its name in the address, and passkeys belong to it."
            ),
        )
    for host in found[:_MOST_HOSTS]:
        yield _confirmed(host)
        try:
            finding, allowed = host_names.look_at_addresses(host.name, names)
        except NotAnswered:
            yield not_in_time("addresses", host.name)
            continue
        yield finding
        if allowed:
            yield host_names.look_at_certificate(host.name, allowed, doors, ends=names.ends)
    if rest := found[_MOST_HOSTS:]:
        yield not_in_time("addresses", ", ".join(host.name for host in rest))


def _confirmed(host: Host) -> Finding:
    named = {"host": host.name}
    if host.state is not State.UNCONFIRMED:
        return fine("host", _("%(host)s is confirmed.") % named)
    return unfit(
        "host",
        _("%(host)s is not confirmed, so nobody can sign in there.") % named,
        _(
            "Point it to the portal and press “Check now” on the brand's page, or create this record first."
        ),
        Record(host.record_name, "TXT", host.record),
    )


def _mail(sender: str, selector: str, names: NameSystem) -> Iterator[Finding]:
    domain = sender.rpartition("@")[2].lower()
    server = settings.DOORWARD.mail_server
    mail_host = "" if is_loopback(server.host) else server.host
    yield _asked("spf", domain, lambda: spf.look(Sender(domain, mail_host), names))
    yield _asked("dkim", domain, lambda: dkim.look(domain, selector, names))
    yield _asked("dmarc", domain, lambda: dmarc.look(domain, names))


def _asked(check: str, domain: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except NotAnswered:
        return not_in_time(check, domain)
