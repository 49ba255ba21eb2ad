"""'Why am I asked?': the reason of a step of signing in, or of reauthentication, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from doorward.audit.reason import Reason

if TYPE_CHECKING:
    from doorward.audit.reason import Why

# Shown before anybody is through: no name of a customer or a colleague.
SENTENCES: Final = {
    Reason.REQUIRED_BY_COLLEAGUE: gettext_lazy(
        "Your account administrator requires two-factor sign-in."
    ),
    Reason.REQUIRED_BY_COMPANY: gettext_lazy(
        "Your company requires two-factor sign-in of everybody."
    ),
    Reason.REQUIRED_BY_PROVIDER: gettext_lazy(
        "The provider of this portal requires two-factor sign-in of everybody."
    ),
    Reason.TURNED_ON: gettext_lazy("You turned two-factor sign-in on."),
    Reason.OTHER_KIND: gettext_lazy(
        "Your account requires a passkey. What you have used is no longer enough."
    ),
    Reason.BEFORE_OTHER_KIND: gettext_lazy(
        "Your account requires a passkey from now on. Confirm once more that it is you, then make one."
    ),
    Reason.BEFORE_SET_UP: gettext_lazy(
        "Your account needs two-factor sign-in. Confirm that it is you, then set it up."
    ),
    Reason.BEFORE_CODES: gettext_lazy(
        "Your new recovery codes are waiting to be saved. Confirm that it is you to see them."
    ),
    Reason.BEFORE_PASSWORD: gettext_lazy(
        "You need a new password. Confirm that it is you before you choose one."
    ),
    Reason.ONLY_PASSWORD: gettext_lazy(
        "Two-factor sign-in is required, and so far only your password was verified."
    ),
    Reason.DEVICE_DISABLED: gettext_lazy(
        "Two-factor sign-in is required, and your device was disabled by wrong attempts."
    ),
    Reason.SET_UP_PASS: gettext_lazy(
        "Your set-up pass works. Set up the new device now; that removes the lost ones."
    ),
    # By a link of the console, or by a mailed one and a pass: true of both.
    Reason.LET_BACK_IN: gettext_lazy(
        "You were let back in. Set up the new device now; that removes the lost ones."
    ),
    Reason.CODES_NEW: gettext_lazy("New recovery codes were made and are not saved yet."),
    Reason.PASSWORD_SHORT: gettext_lazy(
        "Without two-factor sign-in a password needs at least 15 characters. Yours is shorter."
    ),
    Reason.PASSWORD_BREACHED: gettext_lazy("Your password is known from a break-in elsewhere."),
    Reason.PASSWORD_WEAK: gettext_lazy(
        "Your password comes from the system used before, and is too weak here."
    ),
    Reason.PASSWORD_KNOWN: gettext_lazy("Somebody else may know your password."),
    Reason.NOT_CONFIRMED: gettext_lazy("Nothing has been confirmed in this browser yet."),
    Reason.RECOVERED: gettext_lazy(
        "You signed in with a recovery code, which is not enough for this."
    ),
    Reason.TRUSTED: gettext_lazy(
        "This browser is trusted. It only skips the second step of signing in."
    ),
    Reason.OTHER_DEVICE: gettext_lazy(
        "Somebody who holds only one of your devices cannot remove the others."
    ),
    Reason.NEW_DEVICE: gettext_lazy("The new device is tested before the old one is removed."),
}


# The provider's own people are told of no provider that requires it of them.
_AMONG_STAFF: Final = gettext_lazy(
    "Two-factor sign-in is required of everybody at the provider of this portal."
)


def sentence(why: Why | None, *, of_staff: bool = False) -> str:
    """Return the line, in the reader's language; empty: nothing was asked for. `of_staff`: to the provider's people."""
    if why is None:
        return ""
    if why.reason is Reason.CONFIRMED:
        return _confirmed(why.minutes or 0)
    by_own = of_staff and why.reason is Reason.REQUIRED_BY_PROVIDER
    said = str(_AMONG_STAFF if by_own else SENTENCES[why.reason])
    new = _("This browser is new.")
    return f"{said} {new}" if why.new_browser else said


def _confirmed(minutes: int) -> str:
    if not minutes:
        return _("Last confirmed less than a minute ago.")
    words = ngettext(
        "Last confirmed %(n)s minute ago.", "Last confirmed %(n)s minutes ago.", minutes
    )
    return words % {"n": minutes}
