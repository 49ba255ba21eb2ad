"""The day the phone is replaced: add the new one, whose clock is off at first, try it, retire the old one."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from doorward.credentials.totp import rules


def minutes_behind(secret: bytes) -> str:
    """Return the code of a phone that is four minutes behind."""
    then = datetime.fromtimestamp(time.time() - 240, tz=UTC)
    return rules.code_at(secret, rules.step_at(then))


def test_a_new_phone_is_added_tried_and_the_old_one_retired(portal, somewhere):
    ines = portal.person().has_app()
    portal.ask("recovery_codes", email=ines.email)
    somewhere.is_signed_in_as(ines).go("/security/")
    somewhere.follow("I have a new phone")
    somewhere.sees("new-phone")
    somewhere.follow("Add an authenticator app")
    somewhere.sees("new-phone-add")
    phone = somewhere.opens_set_up()
    somewhere.gives_code(minutes_behind(phone.secret), "Add the app")
    somewhere.hears("Your phone's clock is about 4 minutes behind.")
    somewhere.gives_code(phone.code(), "Add the app")
    somewhere.sees("new-phone")
    somewhere.hears("The new device is added.", role="status")
    somewhere.gives_code(phone.code(), "Test it")
    somewhere.hears("The new device works.", role="status")
    somewhere.press("Retire Pixel 9")
    somewhere.sees("security")
    somewhere.hears("Removed: Pixel 9.", role="status")
    assert ines.events[-1] == "factor_removed"
