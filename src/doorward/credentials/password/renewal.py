"""A right password whose hash is an old one, or another system's: what takes its place."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password

from doorward.accounts.models import PasswordDue
from doorward.credentials.password import rules
from doorward.credentials.password.common_passwords import common_passwords
from doorward.credentials.password.hashers import TAKEN_OVER
from doorward.kernel.errors import Refusal


def columns(password: str, *, kept: str) -> dict[str, object]:
    """Return the columns of an administrator that a right password renews; `kept`: the hash so far.

    One that another system let pass has to be replaced where nobody could choose it here.
    """
    found: dict[str, object] = {
        "password": make_password(password),
        "password_long": rules.is_long(password),
    }
    if kept.startswith(TAKEN_OVER) and _is_weak(password):
        found["password_due"] = PasswordDue.TAKEN_OVER
    return found


def _is_weak(password: str) -> bool:
    """Return whether a password is refused whoever chooses it; whether it is long enough alone, the gate asks."""
    try:
        # Whether it is known from a break-in is asked of every password.
        rules.check(password, two_factors=True, personal=(), common=common_passwords(), breached=())
    except Refusal:
        return True
    return False
