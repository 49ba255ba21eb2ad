"""What a command is about, by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.cli.failure import Failure
from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.customers.models import Customer


def customer_named(name: str) -> Customer:
    """Return the customer of that name, whatever its letter case, or raise `Failure`."""
    from doorward.customers import services  # noqa: PLC0415 - after set-up

    try:
        return services.find(name)
    except NotFound:
        raise Failure(f"There is no customer named {name}.") from None


def administrator_with(email: str) -> Administrator:
    """Return the administrator of that e-mail, or raise `Failure`."""
    from doorward.accounts import services  # noqa: PLC0415 - after set-up

    try:
        return services.find_by_email(email)
    except NotFound:
        raise Failure(f"No administrator has the e-mail {email}.") from None
