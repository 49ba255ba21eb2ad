"""The budget of mails that people cause to be sent to a mailbox: asked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.errors import MustWait, TooManyMails
from doorward.kernel.ratelimit import throttle
from doorward.kernel.ratelimit.limits import Mail, mail_keys
from doorward.kernel.text.cleaning import fold_email

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor


def spend(receiver: str, *, actor: Actor, own_email: bool = False, now: datetime) -> None:
    """Take one mail from the budgets of the mailbox, of who acts and of their customer.

    In the caller's transaction: what is refused later is not spent. The operator at the console has no
    budget. `own_email`: who acts has it sent to confirm an e-mail of their own. Raises `TooManyMails`.
    """
    if actor.person is None:
        return
    keys = [
        *mail_keys(Mail.RECEIVER, fold_email(receiver)),
        *mail_keys(Mail.PERSON, str(actor.person.id)),
        *mail_keys(Mail.CUSTOMER, str(actor.person.customer_id)),
    ]
    if own_email:
        keys += mail_keys(Mail.OWN_EMAIL, str(actor.person.id))
    try:
        throttle.spend(keys, now=now)
    except MustWait as full:
        raise TooManyMails(full.seconds) from full
