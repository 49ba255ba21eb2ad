"""Mail that a mailbox refused for good: kept at the person, told in history, gone when a message arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from doorward.accounts.events import MAIL_REFUSED
from doorward.accounts.models import Administrator, MailProblem
from doorward.audit.actor import WORKER
from doorward.audit.record import Detail, record

if TYPE_CHECKING:
    from uuid import UUID


def in_words(email: str, problem: str) -> str:
    """Say which mailbox does not take mail, and why; empty: as far as we know it does."""
    if not problem:
        return ""
    words = {"email": email, "why": MailProblem(problem).label}
    return _("Mail to %(email)s was refused: %(why)s.") % words


def note_refused(administrator_id: UUID, *, address: str, problem: MailProblem) -> None:
    """Keep that mail to this address of a person was given up; an event, once for each reason."""
    people = Administrator.objects.everywhere().select_related("customer")
    person = people.filter(id=administrator_id).first()
    if person is None:
        return
    with transaction.atomic():
        if person.email == address:
            rows = Administrator.objects.of(person.customer_id).filter(id=person.id, email=address)
            if rows.exclude(mail_problem=problem).update(mail_problem=problem) != 1:
                return
        details: dict[str, Detail] = {"mail": problem.value}
        details["other_address"] = person.email != address
        record(MAIL_REFUSED, actor=WORKER, subject=person.who(), details=details)


def note_sent(administrator_id: UUID, *, address: str) -> None:
    """Forget what stood in the way: a message was taken for this address."""
    rows = Administrator.objects.everywhere().filter(id=administrator_id, email=address)
    rows.exclude(mail_problem="").update(mail_problem="")
