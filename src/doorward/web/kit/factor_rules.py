"""What a policy says of factors, as both rooms that change it show and read it: which kinds, and trusted browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorward.credentials.errors import PasskeysNotPossible
from doorward.customers.cached import brand_of
from doorward.kernel.errors import ChoiceInvalid, FieldsRefused
from doorward.policy.effective import TRUST_DAYS
from doorward.policy.errors import NumberOutOfRange
from doorward.policy.rules import Kinds
from doorward.web.kit.fields import Field, Option, plain_field
from doorward.web.kit.passkeys import are_possible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from doorward.customers.models import Customer
    from doorward.kernel.errors import Refusal

WHY_OFF: Final = gettext_lazy(
    "0 means never, which is safest. A trusted browser does not show who is using it; NIST "
    "(SP 800-63B-4) does not count it as a factor."
)
_LONGEST: Final = 4
_TITLES: Final = {
    Kinds.ANY: gettext_lazy("Authenticator apps and passkeys"),
    Kinds.PHISHING_RESISTANT: gettext_lazy("Passkeys only"),
}
_HELP: Final = {
    Kinds.ANY: gettext_lazy("Each is enough where two-factor sign-in is required."),
    Kinds.PHISHING_RESISTANT: gettext_lazy(
        "A passkey cannot be phished. Where two-factor sign-in is required, people who only "
        "have an app confirm with it once more and then make a passkey."
    ),
}


def kinds_field(value: str, errors: Sequence[str] = ()) -> Field:
    """Make the choice of the kinds of factor."""
    options = [
        Option(one.value, str(_TITLES[one]), one.value == value, help=str(_HELP[one]))
        for one in Kinds
    ]
    label = _("What is enough as a second factor")
    return plain_field("kinds", label, kind="radios", options=options, errors=errors)


def trust_field(value: str, errors: Sequence[str] = ()) -> Field:
    """Make the box for the days for which a browser may be trusted, with the reason why it is off."""
    least, most = TRUST_DAYS
    return plain_field(
        "trust_days",
        _("Trusted browsers, in days"),
        kind="number",
        value=value,
        required=True,
        min=least,
        max=most,
        inputmode="numeric",
        help=str(WHY_OFF),
        errors=errors,
    )


def read(kinds: str, trust_days: str, customer: Customer) -> tuple[Kinds, int]:
    """Return what was typed; raise `FieldsRefused` for what is none of it, or would shut everybody out."""
    refused: dict[str, Refusal] = {}
    if kinds not in list(Kinds):
        refused["kinds"] = ChoiceInvalid()
    elif kinds == Kinds.PHISHING_RESISTANT != customer.kinds and not _can_make_passkeys(customer):
        refused["kinds"] = PasskeysNotPossible()
    days = number(trust_days, TRUST_DAYS)
    if days is None:
        refused["trust_days"] = NumberOutOfRange(*TRUST_DAYS)
    if refused or days is None:
        raise FieldsRefused(refused)
    return Kinds(kinds), days


def number(text: str, bounds: tuple[int, int]) -> int | None:
    """Return the whole number that was typed, or None where it is none or out of bounds."""
    typed = text.strip()
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= _LONGEST
    return int(typed) if is_number and bounds[0] <= int(typed) <= bounds[1] else None


def in_words(customer: Customer) -> list[str]:
    """Return these rules in words, for who may read them and not change them."""
    only = customer.kinds == Kinds.PHISHING_RESISTANT
    kinds = (
        _("Where two factors are required, only a passkey is enough as the second one.")
        if only
        else _("An authenticator app or a passkey is enough as a second factor.")
    )
    if not customer.trust_days:
        return [kinds, _("The second step is required at each sign-in.")]
    trust = ngettext(
        "A browser may be trusted for %(n)s day. Then the password is enough there.",
        "A browser may be trusted for %(n)s days. Then the password is enough there.",
        customer.trust_days,
    ) % {"n": customer.trust_days}
    return [kinds, trust]


def _can_make_passkeys(customer: Customer) -> bool:
    return are_possible(brand_of(customer.brand_id))
