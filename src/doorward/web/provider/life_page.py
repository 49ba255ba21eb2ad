"""What a customer's page shows of its life: what ends when it is moved or closed, its deletion, and staff's notes."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from doorward.accounts.models import Administrator
from doorward.audit.naming import full_name
from doorward.credentials.passkeys.other_host import what_breaks
from doorward.customers import deletion, notes
from doorward.customers.models import LONGEST_NOTE, CustomerStatus
from doorward.directory import people as directory_people
from doorward.web.kit.fields import Field, plain_field
from doorward.web.kit.forms import NOTHING, Wrong
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.customers.models import Customer
    from doorward.web.provider.forms import CustomerForm, DeleteForm, NoteForm


@dataclass(frozen=True, slots=True)
class Question:
    """What suspending, closing or moving asks once: what will happen, line by line, and whether it can be undone.

    `typed`: the field for the customer's name, where that is asked for, too.
    """

    title: str
    text: str
    verb: str
    lines: tuple[str, ...] = ()
    typed: Field | None = None


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note. `author`: '' is the operator; `mine`: whoever looks wrote it, and may remove it."""

    id: UUID
    author: str
    at: datetime
    text: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed customer: when it may be deleted, and what is still to be done for that."""

    since: datetime | None
    exported_at: datetime | None
    delete_at: datetime | None
    deleting: bool


@dataclass(frozen=True, slots=True)
class DeletePage:
    """The page that asks whether a closed customer is to be deleted for good."""

    id: UUID
    name: str
    people: int
    earliest: datetime
    closed: Closed
    is_closed: bool
    is_exported: bool
    # What the operator types to export it.
    command: str
    typed: Field
    wrong: Wrong


def question_for(
    customer: Customer, form: CustomerForm, found: Wrong, *, now: datetime
) -> Question | None:
    """Say what will happen, to whom, and whether it can be undone; None: nothing of the kind was asked for."""
    status = CustomerStatus(form.status)
    moves = form.brand_id != customer.brand_id
    lines = _moved(customer, form.brand_id, now=now) if moves else ()
    words = {"name": customer.name}
    if status in {CustomerStatus.ACTIVE, customer.status}:
        if not moves:
            return None
        return Question(
            _("Move %(name)s to another brand?") % words,
            _("Its people sign in at another address from then on."),
            _("Move the customer"),
            lines,
        )
    text = _ends(customer)
    if status is CustomerStatus.CLOSED:
        later = _(
            "After 30 days it can be deleted for good; until then you can make it active again."
        )
        title = _("Close %(name)s?") % words
        typed = _typed(form.typed, found)
        return Question(title, f"{text} {later}", _("Close the customer"), lines, typed)
    return Question(_("Suspend %(name)s?") % words, text, _("Suspend the customer"), lines)


def closed(customer: Customer) -> Closed | None:
    """Return what there is to say of a closed customer; None: it is not closed."""
    if customer.status != CustomerStatus.CLOSED:
        return None
    exported = customer.exported_at if deletion.is_exported(customer) else None
    return Closed(
        since=customer.closed_at,
        exported_at=exported,
        delete_at=customer.delete_at,
        deleting=customer.deleting_since is not None,
    )


def delete_page(
    customer: Customer, form: DeleteForm, found: Wrong = NOTHING, *, now: datetime
) -> DeletePage:
    """Make the page."""
    it_is = closed(customer)
    return DeletePage(
        id=customer.id,
        name=customer.name,
        people=directory_people.count(customer.id).people,
        earliest=deletion.earliest(customer, now=now),
        closed=it_is or Closed(None, None, None, deleting=False),
        is_closed=it_is is not None,
        is_exported=deletion.is_exported(customer),
        command=f"doorward export customer {shlex.quote(customer.name)}",
        typed=_typed(form.typed, found),
        wrong=found,
    )


def note_lines(customer: Customer, *, me: UUID) -> tuple[NoteLine, ...]:
    """Return the newest notes, each with its author's name as it is now, in two queries."""
    found = notes.newest(customer.id)
    people = Administrator.objects.everywhere().filter(id__in={one.author for one in found})
    rows = people.values_list("id", "first_name", "last_name", "email")
    authors = {id_: full_name(first, last, email) for id_, first, last, email in rows}
    return tuple(
        NoteLine(
            id=one.id,
            author=authors.get(one.author, _("(erased)")) if one.author else "",
            at=one.written_at,
            text=one.text,
            mine=one.author == me,
        )
        for one in found
    )


def note_field(form: NoteForm, found: Wrong) -> Field:
    """Return the field of a new note."""
    return plain_field(
        "text",
        _("New note"),
        kind="textarea",
        value=form.text,
        required=True,
        maxlength=LONGEST_NOTE,
        errors=found.at("text"),
        help=_("Only the provider's people see it."),
    )


def _typed(value: str, found: Wrong) -> Field:
    return plain_field(
        "typed",
        _("Name of the customer"),
        value=value,
        required=True,
        autocomplete="off",
        errors=found.at("typed"),
        help=_("Type it to confirm."),
    )


def _ends(customer: Customer) -> str:
    people = directory_people.count(customer.id).people
    words = {"name": customer.name, "people": number(people)}
    text = ngettext(
        "%(people)s person of %(name)s is signed out at the next click and cannot sign in. "
        "Nothing is deleted, and you can make the customer active again at any time.",
        "%(people)s people of %(name)s are signed out at the next click and cannot sign in. "
        "Nothing is deleted, and you can make the customer active again at any time.",
        people,
    )
    return text % words


# What no longer works at another brand's address, by what it is counted as.
_BREAKS: Final = {
    "with_passkeys": ngettext_lazy(
        "%(n)s person has passkeys that were made at the old address. They do not work at the new one.",
        "%(n)s people have passkeys that were made at the old address. They do not work at the new one.",
        "count",
    ),
    "with_nothing_else": ngettext_lazy(
        "%(n)s of them has no other device and needs a recovery code or help to get in.",
        "%(n)s of them have no other device and need a recovery code or help to get in.",
        "count",
    ),
    "sessions": ngettext_lazy("%(n)s session ends.", "%(n)s sessions end.", "count"),
    "trusted": ngettext_lazy(
        "%(n)s browser is no longer trusted.", "%(n)s browsers are no longer trusted.", "count"
    ),
    "links": ngettext_lazy(
        "%(n)s link in a mail leads to the old address and must be sent again.",
        "%(n)s links in mails lead to the old address and must be sent again.",
        "count",
    ),
}


def _moved(customer: Customer, brand_id: UUID, *, now: datetime) -> tuple[str, ...]:
    found = what_breaks(customer.id, brand_id, now=now)
    counted = ((getattr(found, name), words) for name, words in _BREAKS.items())
    lines = tuple(words % {"count": count, "n": number(count)} for count, words in counted if count)
    return lines or (
        _("Nobody is signed in, and nothing that is in use belongs to the old address."),
    )
