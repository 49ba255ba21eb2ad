"""Applications are told when a sign-in of theirs is over (OpenID Connect Back-Channel Logout 1.0).

Whatever ended it, but for time alone: who is idle in the portal works on in the application. Tokens are worth nothing
at once; telling is for what the application keeps by itself. It is tried again, for a day.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q

from doorward.accounts.models import Status
from doorward.applications import grants, logout_triggers, tokens
from doorward.applications.models import Application, Grant
from doorward.customers.models import CustomerStatus
from doorward.gate.evaluate import still_evaluate, unattended
from doorward.kernel.clock_set_back import SKEW
from doorward.kernel.host_spelling import is_loopback
from doorward.kernel.outgoing_post import NotSent, post_form
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

_log = logging.getLogger("doorward.applications")

# Whoever answers slowly keeps no mail waiting for longer than that.
_SECONDS: Final = 4.0
_AT_ONCE: Final = 8
# What the rows do not say (policies, rights to tabs, trust) is looked at once a minute, and where it was just changed.
_LOOKED_AT_EVERY: Final = timedelta(minutes=1)
_LOOKED_AT_ONCE: Final = 100
_LEASE: Final = timedelta(minutes=1)
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(hours=1)
GIVEN_UP_AFTER: Final = timedelta(days=1)
_TAKEN: Final = frozenset({200, 204})


def work_due(*, now: datetime) -> int:
    """Find sign-ins that are over, and tell their applications; return how many were told."""
    if not Application.objects.exclude(logout_channel="").exists():
        return 0
    notice(now=now)
    due = list(_due(now=now)[:_AT_ONCE])
    mine = [one for one in due if _take(one, now=now)]
    if not mine:
        return 0
    sent = [
        (one, one.application.logout_channel, tokens.logout_token(one, now=now)) for one in mine
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reasons = list(pool.map(lambda one: _post(one[1], one[2]), sent))
    told = 0
    for grant, reason in zip(mine, reasons, strict=True):
        told += _settle(grant, reason, now=now)
    silent = {
        one.application_id for one, reason in zip(mine, reasons, strict=True) if _is_silence(reason)
    }
    if silent:
        # All that one application is to be told keeps no other one waiting.
        _due(now=now).filter(application_id__in=silent).order_by().update(tell_at=now + _FIRST_WAIT)
    return told


def notice(*, now: datetime) -> None:
    """Write down which sign-ins are over and are to be told of."""
    by_row = (
        Q(ended_at__isnull=False)
        | Q(session__ended_at__isnull=False)
        | ~Q(session__security_version=F("administrator__security_version"))
        | ~Q(administrator__status=Status.ACTIVE)
        | ~Q(administrator__customer__status=CustomerStatus.ACTIVE)
        | Q(managing_id__isnull=False) & ~Exists(_managed())
    )
    over = list(_untold().filter(by_row).values_list("id", flat=True)[:_LOOKED_AT_ONCE])
    again = Q(looked_at__isnull=True) | Q(looked_at__lt=now - _LOOKED_AT_EVERY)
    again |= logout_triggers.concerned(now=now)
    rows = _untold().filter(again).exclude(id__in=over).select_related("application__tab")
    looked = list(rows.order_by(F("looked_at").asc(nulls_first=True))[:_LOOKED_AT_ONCE])
    over += [one.id for one in looked if not _goes_on(one, now=now)]
    Grant.objects.filter(id__in=[one.id for one in looked]).update(looked_at=now)
    Grant.objects.filter(id__in=over).update(tell_at=now)


def _managed() -> QuerySet[Session]:
    """Return the session of a sign-in, as long as it is in the portal that it is managed from."""
    # The rows are `managing.models.Managing`, which stands above this subject.
    return Session.objects.filter(
        managings__id=OuterRef("managing_id"), managings__state="running", managings__is_in=True
    )


def _untold() -> QuerySet[Grant]:
    """Return the sign-ins of which an application has tokens, and wants to be told."""
    rows = Grant.objects.exclude(application__logout_channel="")
    return rows.filter(code_used_at__isnull=False, told_at__isnull=True, tell_at__isnull=True)


def _goes_on(grant: Grant, *, now: datetime) -> bool:
    """Return whether the gate would let it through again, as old as it was when it began."""
    auth, need = grants.auth_of(grant, now=now), grants.need_of_grant(grant)
    return still_evaluate(unattended(auth), need, asked_at=grant.granted_at, now=now).through


def _due(*, now: datetime) -> QuerySet[Grant]:
    rows = Grant.objects.exclude(application__logout_channel="")
    # Beyond the longest wait: written by a clock that was ahead.
    come = Q(tell_at__lte=now) | Q(tell_at__gt=now + _LONGEST_WAIT + SKEW)
    rows = rows.filter(come, told_at__isnull=True)
    return rows.select_related("application__tab", "administrator__customer").order_by("tell_at")


def _take(grant: Grant, *, now: datetime) -> bool:
    """Take one for a minute; return whether nobody else has it."""
    rows = Grant.objects.filter(id=grant.id, tell_at=grant.tell_at, told_at__isnull=True)
    return rows.update(tell_at=now + _LEASE) == 1


def _post(address: str, token: str) -> str:
    """Send a token; return why it was not taken, or "" where it was."""
    here = urlsplit(settings.DOORWARD.origin).hostname or ""
    inside = settings.DOORWARD.private_hosts or is_loopback(here)
    try:
        status = post_form(address, {"logout_token": token}, inside=inside, seconds=_SECONDS)
    except NotSent as error:
        return str(error)
    return "" if status in _TAKEN else str(status)


def _is_silence(reason: str) -> bool:
    """Return whether nobody answered at all: a status is an answer."""
    return bool(reason) and not reason.isdecimal()


def _settle(grant: Grant, reason: str, *, now: datetime) -> int:
    rows = Grant.objects.filter(id=grant.id)
    if not reason:
        # One session is one to the application, however often it signed in.
        same = Grant.objects.filter(
            application_id=grant.application_id,
            session_id=grant.session_id,
            managing_id=grant.managing_id,
        )
        return same.filter(tell_at__isnull=False).update(told_at=now) and 1
    tries = grant.tell_tries + 1
    wait = min(_FIRST_WAIT * 2 ** min(tries - 1, 16), _LONGEST_WAIT)
    first = (grant.tell_first_at or now) if tries > 1 else now
    if now + wait > first + GIVEN_UP_AFTER:
        _log.warning("%s is not told of a sign-out: %s", grant.application.tab.key, reason)
        rows.update(told_at=now)
        return 0
    rows.update(tell_tries=tries, tell_at=now + wait, tell_first_at=first)
    return 0
