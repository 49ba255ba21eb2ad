"""One customer's page: its form, who looks after it, and the invitation of somebody who will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.accounts.changes import NAME_LENGTH as PERSON_NAME_LENGTH
from doorward.customers.models import Brand, CustomerKind, CustomerStatus
from doorward.customers.services import NAME_LENGTH
from doorward.directory import people as directory_people
from doorward.kernel.text import names
from doorward.kernel.text.cleaning import LONGEST_EMAIL
from doorward.web.kit.factor_rules import kinds_field, trust_field
from doorward.web.kit.fields import Field, Option
from doorward.web.kit.languages import language_field
from doorward.web.provider.forms import Typed
from doorward.web.provider.keepers import Keeper, keepers

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from doorward.customers.models import Customer

NEW = ("name", "brand")
TEXTS = ("name", "brand", "status")
TICKS = ("floor_require_2fa",)
RULES = ("kinds", "trust_days")
INVITE = ("email", "first_name", "last_name")


@dataclass(frozen=True, slots=True)
class Question:
    """What suspending or closing asks once: what will happen, and whether it can be undone."""

    title: str
    text: str
    verb: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """The page."""

    id: UUID
    name: str
    status: CustomerStatus
    since: date
    is_provider: bool
    people: int
    protected: int
    own_policy: bool
    by_brand: bool
    fields: dict[str, Field]
    rules: dict[str, Field]
    keepers: tuple[Keeper, ...]
    invite: dict[str, Field]
    invite_open: bool
    question: Question | None


def add_page(typed: Typed) -> dict[str, Field]:
    """Make the fields of a customer to be added; the default brand is chosen first."""
    default = Brand.objects.filter(is_default=True).values_list("id", flat=True).first()
    return {
        "name": _name(typed),
        "brand": _brand(typed, chosen=typed.texts.get("brand", str(default))),
    }


def typed_of(customer: Customer) -> Typed:
    """Return the form as it is first shown."""
    return Typed(
        texts={"name": customer.name, "brand": str(customer.brand_id), "status": customer.status},
        ticks={"floor_require_2fa": customer.floor_require_2fa},
    )


def customer_page(
    customer: Customer,
    typed: Typed,
    *,
    invite: Typed | None = None,
    rules: Typed | None = None,
    question: Question | None = None,
) -> CustomerPage:
    """Make the page; `invite` and `rules` are the other forms as they came, where that was refused."""
    counts = directory_people.count(customer.id)
    looked_after_by = keepers(customer)
    return CustomerPage(
        id=customer.id,
        name=customer.name,
        status=CustomerStatus(customer.status),
        since=customer.since,
        is_provider=customer.kind == CustomerKind.PROVIDER,
        people=counts.people,
        protected=counts.with_two_factors,
        own_policy=customer.require_2fa,
        by_brand=customer.brand.require_2fa,
        fields=_fields(customer, typed),
        rules=_rules(rules or _rules_of(customer)),
        keepers=looked_after_by,
        invite=_invite_fields(invite or Typed()),
        invite_open=invite is not None or not looked_after_by,
        question=question,
    )


def question_for(customer: Customer, status: CustomerStatus) -> Question:
    """Say what will happen, to whom, and that it can be undone."""
    people = directory_people.count(customer.id).people
    words = {"name": customer.name, "people": people}
    text = ngettext(
        "%(people)s person of %(name)s is signed out at the next click and cannot sign in. "
        "Nothing is deleted, and you can make the customer active again at any time.",
        "%(people)s people of %(name)s are signed out at the next click and cannot sign in. "
        "Nothing is deleted, and you can make the customer active again at any time.",
        people,
    )
    if status is CustomerStatus.CLOSED:
        return Question(_("Close %(name)s?") % words, text % words, _("Close the customer"))
    return Question(_("Suspend %(name)s?") % words, text % words, _("Suspend the customer"))


def _fields(customer: Customer, typed: Typed) -> dict[str, Field]:
    is_provider = customer.kind == CustomerKind.PROVIDER
    statuses = [CustomerStatus.ACTIVE] if is_provider else list(CustomerStatus)
    chosen = typed.texts["status"]
    return {
        "name": _name(typed),
        "brand": _brand(typed, chosen=typed.texts["brand"]),
        "status": typed.line(
            "status",
            _("Status"),
            kind="select",
            options=[Option(one.value, str(one.label), one.value == chosen) for one in statuses],
        ),
        "floor_require_2fa": typed.tick(
            "floor_require_2fa",
            _("Require two-factor sign-in of everybody"),
            help=_("The customer's own administrators see it but cannot go below it."),
        ),
    }


def _rules_of(customer: Customer) -> Typed:
    return Typed(texts={"kinds": customer.kinds, "trust_days": str(customer.trust_days)})


def _rules(typed: Typed) -> dict[str, Field]:
    makers = {"kinds": kinds_field, "trust_days": trust_field}
    return {
        name: make(typed.texts[name], [typed.errors[name]] if name in typed.errors else ())
        for name, make in makers.items()
    }


def _name(typed: Typed) -> Field:
    return typed.line("name", _("Name"), required=True, maxlength=NAME_LENGTH, autocomplete="off")


def _brand(typed: Typed, *, chosen: str) -> Field:
    rows = Brand.objects.values_list("id", "name")
    brands = sorted(rows, key=lambda row: names.sort_key(row[1]))
    return typed.line(
        "brand",
        _("Brand"),
        kind="select",
        options=[Option(str(id_), name, str(id_) == chosen) for id_, name in brands],
    )


def _invite_fields(typed: Typed) -> dict[str, Field]:
    language = typed.texts.get("language", "")
    name = {"one_of_several": True, "maxlength": PERSON_NAME_LENGTH, "autocomplete": "off"}
    return {
        "first_name": typed.line("first_name", _("First name"), **name),
        "last_name": typed.line(
            "last_name", _("Last name"), help=_("One name alone is enough."), **name
        ),
        "email": typed.line(
            "email",
            _("E-mail"),
            kind="email",
            required=True,
            maxlength=LONGEST_EMAIL,
            autocomplete="off",
        ),
        "language": language_field(language, errors=typed.errors_at("language")),
    }
