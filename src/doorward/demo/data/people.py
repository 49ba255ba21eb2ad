"""A person of the demonstration made: the row of somebody of `cast.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts import staff_scope
from doorward.accounts.models import Administrator, Status, tabs_text
from doorward.customers.models import Brand
from doorward.demo.data.cast import SEES_A_BRAND
from doorward.demo.data.companies import BRIGHTWAVE
from doorward.kernel.text.cleaning import fold_email
from doorward.permissions.staff_scope import Reach, Scope
from doorward.permissions.staff_scope import of as staff_scope_of

if TYPE_CHECKING:
    from doorward.customers.models import Customer
    from doorward.demo.data.cast import Figure

_PHONE = "+4420794609{:02d}"


def person_of(actor: Figure, customer: Customer, hashed: str, number: int) -> Administrator:
    """Return the row of somebody, not yet written. `hashed`: everybody's password; `number`: for their telephone."""
    status = Status.ACTIVE
    if "invited" in actor.state:
        status = Status.INVITED
    elif "suspended" in actor.state:
        status = Status.SUSPENDED
    invited = status == Status.INVITED
    return Administrator(
        customer=customer,
        email=actor.email,
        email_folded=fold_email(actor.email),
        # Of the range kept for drama, and some people have none.
        phone=_PHONE.format(number) if number % 3 else "",
        language=actor.language,
        time_zone=actor.time_zone,
        status=status,
        require_2fa="required" in actor.state,
        is_primary="primary" in actor.state,
        tabs=tabs_text(actor.tabs),
        **staff_scope.columns(_scope(actor)),
        password="!" if invited else hashed,
        password_long=not invited,
        **Administrator.name_columns(first_name=actor.first_name, last_name=actor.last_name),
    )


def _scope(actor: Figure) -> Scope:
    """Return which customers one of the provider's people sees: one of them those of one brand."""
    if actor.email != SEES_A_BRAND:
        return Scope.EVERYTHING
    names = Brand.objects.filter(name=BRIGHTWAVE)
    return staff_scope_of(Reach.BRANDS, names.values_list("id", flat=True))
