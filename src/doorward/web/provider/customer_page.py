"""One customer's page: how far it is, who looks after it, what happened lately, its form and who is invited to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.accounts.changes import NAME_LENGTH as PERSON_NAME_LENGTH
from doorward.customers import cached, staff_scope
from doorward.customers.models import CustomerKind, CustomerStatus
from doorward.customers.services import NAME_LENGTH
from doorward.customers.tabs import ADMINISTRATORS
from doorward.directory import people as directory_people
from doorward.directory.adoption import Totals
from doorward.kernel.text import names
from doorward.kernel.text.cleaning import LONGEST_EMAIL
from doorward.policy.loading import policies_of
from doorward.policy.series import scope
from doorward.recovery import queries
from doorward.web.kit.adoption import by_kind
from doorward.web.kit.fields import Field, Option, line
from doorward.web.kit.forms import NOTHING, Wrong, blank
from doorward.web.kit.language_field import language_field
from doorward.web.kit.policy_form import in_words
from doorward.web.provider import account_history
from doorward.web.provider.forms import CustomerForm, InviteForm, NewCustomerForm, NoteForm
from doorward.web.provider.life_page import closed, note_field, note_lines
from doorward.web.provider.who_looks_after import SHOWN, Keeper, keepers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from doorward.customers.models import Customer
    from doorward.directory.people import Counts
    from doorward.permissions.staff_scope import Scope
    from doorward.policy.effective import Policies
    from doorward.recovery.queries import Listed
    from doorward.sessions.context import Person
    from doorward.web.kit.charts import Bars
    from doorward.web.kit.history import HistoryLine
    from doorward.web.provider.life_page import Closed, NoteLine, Question

# Those of the support that are on the page; the others are a click away.
REQUESTS = 3


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """The page."""

    id: UUID
    name: str
    status: CustomerStatus
    since: date
    is_provider: bool
    people: int
    # How far two-factor sign-in has come, by the better kind of what its people have.
    adoption: Bars
    protected: int
    # Who was imported or invited, and has no password yet.
    invited: int
    # What its people are asked, in words, and who asks for it.
    rules: list[str]
    asked_by: list[str]
    forms: Forms
    fields: dict[str, Field]
    keepers: tuple[Keeper, ...]
    # Somebody else looks after it, too, who is not among these.
    more_keepers: bool
    lately: list[HistoryLine]
    invite: dict[str, Field]
    invite_open: bool
    may_invite: bool
    question: Question | None
    closed: Closed | None
    requests: list[Listed]
    notes: tuple[NoteLine, ...]
    note: Field


@dataclass(frozen=True, slots=True)
class AddPage:
    """The form of a customer to be added."""

    fields: dict[str, Field]
    wrong: Wrong

    @classmethod
    def of(cls, form: NewCustomerForm, scope: Scope, found: Wrong = NOTHING) -> AddPage:
        """Make the page of a form as it stands, with the brands of a scope."""
        brands = staff_scope.brands(scope).values_list("id", "name")
        return cls({"name": _name(form, found), "brand": _brand(form, found, brands)}, found)


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the page as they came, and what is wrong with each; None: as the rows have it."""

    customer: CustomerForm | None = None
    wrong_customer: Wrong = NOTHING
    invite: InviteForm | None = None
    wrong_invite: Wrong = NOTHING
    note: NoteForm | None = None
    wrong_note: Wrong = NOTHING


def default_brand(scope: Scope) -> str:
    """Return the id of the brand that is chosen first."""
    rows = staff_scope.brands(scope).filter(is_default=True)
    return str(rows.values_list("id", flat=True).first() or "")


def customer_page(
    customer: Customer, forms: Forms, *, me: Person, now: datetime, question: Question | None = None
) -> CustomerPage:
    """Make the page, as somebody with this scope sees it."""
    policies = policies_of(customer)
    counts = directory_people.count(customer.id)
    looked_after_by = keepers(customer, policies, now=now)
    is_ours = customer.id == me.customer_id
    return CustomerPage(
        id=customer.id,
        name=customer.name,
        status=CustomerStatus(customer.status),
        since=customer.since,
        is_provider=customer.kind == CustomerKind.PROVIDER,
        people=counts.people,
        adoption=_adoption(counts, is_ours=is_ours),
        protected=counts.with_two_factors,
        invited=counts.invited,
        rules=in_words(policies.values(now=now)),
        asked_by=_asked_by(policies, now=now),
        forms=forms,
        fields=_fields(customer, forms, me.scope),
        keepers=looked_after_by[:SHOWN],
        more_keepers=len(looked_after_by) > SHOWN,
        lately=account_history.latest(customer.id),
        invite=_invite_fields(forms.invite or blank(InviteForm), forms.wrong_invite),
        invite_open=forms.invite is not None or not looked_after_by,
        # Of the provider's own people: for those who look after them.
        may_invite=not is_ours or ADMINISTRATORS in me.tab_keys,
        question=question,
        closed=closed(customer),
        requests=queries.of_support(customer.id, me=me.id, now=now)[:REQUESTS],
        notes=note_lines(customer, me=me.id),
        note=note_field(forms.note or blank(NoteForm), forms.wrong_note),
    )


def _adoption(counts: Counts, *, is_ours: bool) -> Bars:
    """Draw it as the pages of adoption do. The people of a customer are looked at by themselves, and by nobody else."""
    found = Totals(
        people=counts.people,
        bare=counts.people - counts.with_two_factors,
        app=counts.with_two_factors - counts.with_passkey,
        passkey=counts.with_passkey,
    )
    return by_kind(found, lambda name: f"/administrators/?factor={name}" if is_ours else "")


def _fields(customer: Customer, forms: Forms, scope: Scope) -> dict[str, Field]:
    form, found = forms.customer or CustomerForm.of(customer), forms.wrong_customer
    # Brands are at hand in each process, and need no query.
    there = ((one.id, one.name) for one in cached.all_brands() if scope.covers_brand(one.id))
    brands = {customer.brand_id: customer.brand.name} | dict(there)
    is_provider = customer.kind == CustomerKind.PROVIDER
    statuses = [CustomerStatus.ACTIVE] if is_provider else list(CustomerStatus)
    options = [Option(one.value, str(one.label), one.value == form.status) for one in statuses]
    return {
        "name": _name(form, found),
        "brand": _brand(form, found, brands.items()),
        "status": line(form, found, "status", _("Status"), kind="select", options=options),
    }


def _asked_by(policies: Policies, *, now: datetime) -> list[str]:
    """Say who requires two factors of everybody."""
    own = _("The customer's own policy requires two-factor sign-in of everybody.")
    said = (
        (policies.customer, own),
        (policies.minimum, _("Your minimum for this customer requires it of everybody.")),
        (policies.brand, _("The minimum of the brand requires it of everybody.")),
    )
    return [text for series, text in said if scope(series, now=now).everyone]


def _name(form: NewCustomerForm, found: Wrong) -> Field:
    rest = {"required": True, "maxlength": NAME_LENGTH, "autocomplete": "off"}
    return line(form, found, "name", _("Name"), **rest)


def _brand(form: NewCustomerForm, found: Wrong, rows: Iterable[tuple[UUID, str]]) -> Field:
    brands = sorted(rows, key=lambda row: names.sort_key(row[1]))
    options = [Option(str(id_), name, str(id_) == form.brand) for id_, name in brands]
    return line(form, found, "brand", _("Brand"), kind="select", options=options)


def _invite_fields(form: InviteForm, found: Wrong) -> dict[str, Field]:
    shared = {"maxlength": PERSON_NAME_LENGTH, "autocomplete": "off", "one_of_several": True}
    one = _("One name alone is enough.")
    return {
        "first_name": line(form, found, "first_name", _("First name"), **shared),
        "last_name": line(form, found, "last_name", _("Last name"), help=one, **shared),
        "email": line(
            form,
            found,
            "email",
            _("E-mail"),
            kind="email",
            required=True,
            maxlength=LONGEST_EMAIL,
            autocomplete="off",
        ),
        "language": language_field(form.language, errors=found.at("language")),
    }
