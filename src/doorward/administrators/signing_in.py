"""The first step of signing in: e-mail and password."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password, verify_password
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery, Value

from doorward.administrators import sessions
from doorward.administrators.models import Administrator, Session, Status
from doorward.audit.events import Kind, Outcome
from doorward.audit.origin import By
from doorward.audit.services import record
from doorward.core.errors import MustWait, Refusal, WrongCredentials
from doorward.core.passwords import MAXIMUM, is_long, normalise
from doorward.core.text import fold_email
from doorward.customers.models import CustomerStatus
from doorward.safe import throttle

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import Origin


def prove_password(  # noqa: PLR0913 - what a sign-in form and its browser bring
    *,
    email: str,
    password: str,
    browser_token: str,
    next_path: str,
    origin: Origin,
    now: datetime,
) -> Started:
    """Begin a session for who knows the password of that e-mail.

    The same answer (`WrongCredentials`) and the same work for an unknown e-mail, a wrong password
    and an account that is not active; `MustWait` before anything is looked at.
    """
    # No account has a null character, and PostgreSQL takes none in a query.
    folded = fold_email(email.replace("\0", "\N{REPLACEMENT CHARACTER}"))[:320]
    found = _find(folded, browser_token=browser_token)
    known = bool(found and found.known_browser)  # type: ignore[attr-defined]
    by = By(who=found.who() if found else None, origin=origin)
    keys = [
        throttle.password_key(folded, known=known),
        throttle.address_key(origin.address),
    ]
    try:
        throttle.count_keys(keys, now=now)
        _verify(found, password)
    except Refusal as refusal:
        _record_failure(refusal, by=by)
        raise
    if found is None:  # for the type checker: `_verify` raised
        raise WrongCredentials
    return _begin(
        found,
        keys=keys,
        by=by,
        now=now,
        browser_hash=sessions.browser_hash(browser_token),
        known_browser=known,
        next_path=next_path,
    )


def _find(folded: str, *, browser_token: str) -> Administrator | None:
    """Give the person, whether this browser was theirs before, and their last sign-in: one query."""
    signed_in = Session.objects.filter(administrator=OuterRef("pk"), signed_in_at__isnull=False)
    newest = signed_in.order_by("-signed_in_at")
    same = signed_in.filter(browser_hash=sessions.browser_hash(browser_token))
    people: QuerySet[Administrator] = Administrator.objects.everywhere()
    return (
        people.select_related("customer")
        .annotate(
            known_browser=Exists(same) if browser_token else Value(value=False),
            previous_at=Subquery(newest.values("signed_in_at")[:1]),
            previous_browser=Subquery(newest.values("browser")[:1]),
        )
        .filter(email_folded=folded)
        .first()
    )


def _verify(found: Administrator | None, password: str) -> None:
    chosen = normalise(password)[: MAXIMUM + 1]
    encoded = found.password if found and found.has_usable_password() else _nobody()
    right, outdated = verify_password(chosen, encoded)
    if not right or found is None or not _may_sign_in(found):
        raise WrongCredentials
    if outdated:
        renewed = Administrator.objects.everywhere().filter(id=found.id, password=found.password)
        renewed.update(password=make_password(chosen), password_long=is_long(chosen))


def _may_sign_in(person: Administrator) -> bool:
    return (
        person.status == Status.ACTIVE
        and person.customer.status == CustomerStatus.ACTIVE
        and person.has_usable_password()
    )


def _begin(
    person: Administrator, *, keys: list[throttle.Key], by: By, now: datetime, **columns: object
) -> Started:
    with transaction.atomic():
        throttle.give_back(keys)
        return sessions.begin(
            person,
            by=by,
            now=now,
            password_at=now,
            previous_at=person.previous_at,  # type: ignore[attr-defined]
            previous_browser=person.previous_browser or "",  # type: ignore[attr-defined]
            **columns,
        )


def _record_failure(refusal: Refusal, *, by: By) -> None:
    outcome = Outcome.REFUSED if isinstance(refusal, MustWait) else Outcome.FAILED
    with transaction.atomic():
        record(Kind.SIGN_IN_FAILED, by=by, outcome=outcome, details={"reason": refusal.code})


@cache
def _nobody() -> str:
    """Give a hash that costs the same to look at as anybody's, for an e-mail that nobody has."""
    return make_password(sessions.new_token())
