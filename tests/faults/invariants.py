"""What must be true after every kill: in the rows, in history, and for whoever signs in again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import check_password
from django.db import connection
from django.db.models import F

from doorward.accounts.events import (
    ADMINISTRATOR_SUSPENDED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGED,
    INVITATION_SENT,
    TWO_FACTOR_REQUIRED,
)
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink, Status
from doorward.audit import verifying
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.credentials import sealed
from doorward.credentials.events import (
    PASSWORD_CHANGED,
    PASSWORD_RESET,
    RECOVERY_CODE_USED,
    TWO_FACTOR_DISABLED,
    TWO_FACTOR_ENABLED,
)
from doorward.credentials.models import Factor, RecoveryCode, RecoverySet
from doorward.kernel.crypto import sealing
from doorward.notifications.events import ALL
from doorward.notifications.models import Delivery, State
from doorward.sessions.events import SIGNED_IN
from doorward.sessions.models import Session
from doorward.signin.events import (
    INVITATION_ACCEPTED,
    MAILBOX_PROOF_SENT,
    MAILBOX_VERIFIED,
    PASSWORD_LINK_ASKED,
)
from doorward.signin.models import MailboxProof
from tests.faults.people import events_of

if TYPE_CHECKING:
    from uuid import UUID

    from tests.faults.journeys import Visitor
    from tests.faults.ledger import Somebody


def hold_for(who: Somebody) -> None:
    """Hold the rows of somebody against what they were told, and history against both."""
    events = events_of(who.id)
    assert who.settle(events), (who, events)
    person = Administrator.objects.everywhere().get(id=who.id)
    known = who.known
    assert (person.email, person.status, person.require_2fa) == (
        known.email,
        known.status,
        known.required,
    ), who
    if known.status != Status.INVITED:
        assert check_password(known.password, person.password), who
    assert _factors(who.id) == ([known.secret] if known.secret else []), who
    assert _recovery(who.id) == (_recovery_of(who) if known.secret else []), who
    assert _traces(who.id) == {
        "signed in": events[SIGNED_IN],
        "mailboxes proved": events[MAILBOX_VERIFIED],
        "passwords reset": events[PASSWORD_RESET],
        "invitations accepted": events[INVITATION_ACCEPTED],
        "e-mails asked for": events[EMAIL_CHANGE_ASKED],
        "e-mails changed": events[EMAIL_CHANGED],
    }, who
    if known.status == Status.SUSPENDED:
        assert not _open_sessions(who.id).exists(), who


def _factors(person_id: UUID) -> list[bytes]:
    """Return the secrets of somebody's apps: they open with the keys that the file has now."""
    rows = Factor.objects.filter(administrator_id=person_id)
    return [sealing.open_sealed(row.sealed or b"", **sealed.of_factor(row.id)) for row in rows]


def _recovery(person_id: UUID) -> list[tuple[bool, bool, int, int]]:
    """Return each set of codes: saved, still sealed, how many, how many are used."""
    return [
        (
            one.saved_at is not None,
            one.sealed is not None,
            RecoveryCode.objects.filter(set=one).count(),
            RecoveryCode.objects.filter(set=one, used_at__isnull=False).count(),
        )
        for one in RecoverySet.objects.filter(administrator_id=person_id)
    ]


def _recovery_of(who: Somebody) -> list[tuple[bool, bool, int, int]]:
    return [(who.known.saved, not who.known.saved, 10, len(who.known.used))]


def _traces(person_id: UUID) -> dict[str, int]:
    """Count what each kind of change leaves in rows."""
    sessions = Session.objects.filter(administrator_id=person_id)
    proofs = MailboxProof.objects.filter(session__administrator_id=person_id)
    used = MailedLink.objects.filter(administrator_id=person_id, used_at__isnull=False)
    changes = EmailChange.objects.filter(administrator_id=person_id)
    return {
        "signed in": sessions.filter(signed_in_at__isnull=False).count(),
        "mailboxes proved": proofs.filter(used_at__isnull=False).count(),
        "passwords reset": used.filter(purpose=LinkPurpose.RESET).count(),
        "invitations accepted": used.filter(purpose=LinkPurpose.INVITATION).count(),
        "e-mails asked for": changes.count(),
        "e-mails changed": changes.filter(closed_at__isnull=False, confirmed_at__isnull=False)
        .filter(administrator__email=F("email"))
        .count(),
    }


def _open_sessions(person_id: UUID) -> Any:
    rows = Session.objects.filter(administrator_id=person_id, ended_at__isnull=True)
    return rows.filter(security_version=F("administrator__security_version"))


def history_holds() -> None:
    """Verify all that is sealed; and the file of SQLite is whole."""
    report = verifying.verify()
    assert not report.findings, report.findings
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            assert cursor.fetchall() == [("ok",)]


def lets_in(visitor: Visitor, thief: Visitor, who: Somebody) -> None:
    """Sign in as somebody would after all this; what was used before does not work a second time."""
    known = who.known
    sent = visitor.post("/sign-in/", email=known.email, password=known.password, next="")
    if known.status != Status.ACTIVE:
        assert sent.status == 422, who
        return
    assert sent.status == 303, (who, sent.text)
    if known.secret:
        _second_step(visitor, thief, who)
    with who.asks(*([] if _step_due(who) else [SIGNED_IN])):
        home = visitor.get("/")
    assert home.header("Location") == _step_due(who), who


def _step_due(who: Somebody) -> str:
    """Return the page that somebody who has just verified all that they have is sent to; empty: none."""
    if who.known.required and not who.known.secret:
        return "/sign-in/mailbox/"
    return "/sign-in/recovery-codes/" if who.known.secret and not who.known.saved else ""


def _second_step(visitor: Visitor, thief: Visitor, who: Somebody) -> None:
    known = who.known
    thief.went("/sign-in/", email=known.email, password=known.password, next="")
    for code in known.used:
        assert thief.post("/sign-in/recovery/", code=code).status == 422, who
    assert who.app is not None
    code = who.app.code()
    if code:
        visitor.went("/sign-in/code/", code=code)
        assert thief.post("/sign-in/code/", code=code).status == 422, who
        return
    # All codes of now were used. Where no recovery code is known either, time would tell.
    code = next(one for one in known.codes if one not in known.used)
    with who.asks(RECOVERY_CODE_USED, used=(*known.used, code)):
        visitor.went("/sign-in/recovery/", code=code)


# Who must have had a mail of it: the person of the event, or both of their addresses.
TOLD = {
    INVITATION_SENT: 1,
    MAILBOX_PROOF_SENT: 1,
    TWO_FACTOR_ENABLED: 1,
    TWO_FACTOR_DISABLED: 1,
    TWO_FACTOR_REQUIRED: 1,
    RECOVERY_CODE_USED: 1,
    PASSWORD_CHANGED: 1,
    PASSWORD_LINK_ASKED: 1,
    PASSWORD_RESET: 1,
    EMAIL_CHANGE_ASKED: 2,
    EMAIL_CHANGED: 2,
    ADMINISTRATOR_SUSPENDED: 1,
}
# What somebody no longer waits for is not sent: the link was used, or taken back.
MAY_BE_DROPPED = {INVITATION_SENT, PASSWORD_LINK_ASKED, MAILBOX_PROOF_SENT}
MAY_BE_DROPPED |= {EMAIL_CHANGE_ASKED}


def mail_arrived(received: set[tuple[str, str]]) -> int:
    """Hold the mail that arrived against history; return the number of mails, duplicates once."""
    assert not Event.objects.filter(dispatched_at__isnull=True).exists()
    assert not Delivery.objects.filter(state=State.DUE).exists()
    # One Message-ID for each delivery, however often it was sent; none that was sent is missing. One
    # whose worker was killed before it was marked may be given up since: its link was used by then.
    numbers = {int(number.partition(".")[2].partition("@")[0]) for number, _ in received}
    assert len(received) == len(numbers)
    states = dict(Delivery.objects.values_list("id", "state"))
    assert {one for one, state in states.items() if state == State.SENT} <= numbers <= set(states)
    for event in Event.objects.filter(type__in=TOLD, outcome=Outcome.OK):
        _was_told(event, received)
    return len(received)


def _was_told(event: Event, received: set[tuple[str, str]]) -> None:
    event_type = ALL[event.type]
    if event_type == TWO_FACTOR_REQUIRED and event.details.get("at_adding"):
        return
    mine = {to for number, to in received if number.startswith(f"<{event.public_id.hex}.")}
    dropped = Delivery.objects.filter(event_id=event.id, state=State.GIVEN_UP)
    given_up = dropped.count() if event_type in MAY_BE_DROPPED else 0
    assert TOLD[event_type] - given_up <= len(mine) <= TOLD[event_type], (
        event.type,
        event.details,
        mine,
    )
