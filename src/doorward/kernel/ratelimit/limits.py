"""What is limited, each kind of try and mail with its window, and the key that it is counted on.

The numbers are in `rules.py` and `mail_budget.py`; `throttle.py` counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.ratelimit import mail_budget, rules

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.ratelimit.rules import Window


class Rule(StrEnum):
    """How the failures of a key lead to waiting: growing waits, or so many in a window."""

    PASSWORD = "password"  # noqa: S105 - the name of a rule
    STRANGER = "stranger"
    PROOF = "proof"
    SET_UP = "set-up"
    ADDRESS = "address"
    ASKING = "asking"
    CLIENT = "client"
    PUSHING = "pushing"
    ONWARD = "onward"
    EXPORT = "export"
    MAIL_TO_HOUR = "mail-to-hour"
    MAIL_TO_DAY = "mail-to-day"
    MAIL_BY_HOUR = "mail-by-hour"
    MAIL_BY_DAY = "mail-by-day"
    MAIL_OF_HOUR = "mail-of-hour"
    MAIL_OF_DAY = "mail-of-day"
    MAIL_OWN_HOUR = "mail-own-hour"
    MAIL_OWN_DAY = "mail-own-day"
    MAIL_ASKED_HOUR = "mail-asked-hour"
    MAIL_ASKED_DAY = "mail-asked-day"
    MAIL_SAME = "mail-same"


class Mail(Enum):
    """A budget of mails: its two rules, and its numbers."""

    RECEIVER = (Rule.MAIL_TO_HOUR, Rule.MAIL_TO_DAY, mail_budget.RECEIVER)
    PERSON = (Rule.MAIL_BY_HOUR, Rule.MAIL_BY_DAY, mail_budget.PERSON)
    CUSTOMER = (Rule.MAIL_OF_HOUR, Rule.MAIL_OF_DAY, mail_budget.CUSTOMER)
    OWN_EMAIL = (Rule.MAIL_OWN_HOUR, Rule.MAIL_OWN_DAY, mail_budget.OWN_EMAIL)
    ASKED = (Rule.MAIL_ASKED_HOUR, Rule.MAIL_ASKED_DAY, mail_budget.ASKED)


WINDOWS: Final[dict[Rule, Window]] = {
    Rule.ADDRESS: rules.ADDRESS,
    Rule.ASKING: rules.ASKING,
    Rule.CLIENT: rules.CLIENT,
    Rule.PUSHING: rules.PUSHING,
    Rule.ONWARD: rules.ONWARD,
    Rule.EXPORT: rules.EXPORT,
    Rule.MAIL_SAME: mail_budget.SAME,
    **{mail.value[0]: mail.value[2].hour for mail in Mail},
    **{mail.value[1]: mail.value[2].day for mail in Mail},
}


@dataclass(frozen=True, slots=True)
class Key:
    """What is counted: a keyed hash, and the rule that it follows."""

    hash: bytes
    rule: Rule


def password_key(email_folded: str, *, browser: bytes = b"") -> Key:
    """Return the key for passwords tried for one e-mail: of all unknown browsers, or of a known one alone.

    `browser`: the hash of a mark that a completed sign-in of this person earned. Each of these is
    counted apart, so that no thief who was in keeps the owner's own browsers waiting.
    """
    if not browser:
        return Key(hash=keyed_hash("attempt/stranger", email_folded), rule=Rule.STRANGER)
    known = email_folded.encode() + b"\0" + browser
    return Key(hash=keyed_hash("attempt/password", known), rule=Rule.PASSWORD)


def proof_key(session_id: UUID) -> Key:
    """Return the key for proofs given once more in one session: no other browser has to wait for it."""
    return Key(hash=keyed_hash("attempt/proof", session_id.bytes), rule=Rule.PROOF)


def set_up_key(session_id: UUID) -> Key:
    """Return the key for codes that confirm the set-up of one session: nobody else has to wait for it."""
    return Key(hash=keyed_hash("attempt/set-up", session_id.bytes), rule=Rule.SET_UP)


def mail_keys(mail: Mail, whose: str) -> list[Key]:
    """Return the keys of a budget of mails, for one mailbox, person or customer."""
    return [Key(hash=keyed_hash(f"attempt/{rule}", whose), rule=rule) for rule in mail.value[:2]]


def same_mail_key(same: str) -> Key:
    """Return the key for mails that tell one mailbox the same of its owner's security."""
    return Key(hash=keyed_hash("attempt/mail-same", same), rule=Rule.MAIL_SAME)


def same_hash(same: str) -> bytes:
    """Return the keyed hash under which it is counted how often the same was refused."""
    return keyed_hash("attempt/repeated", same)


def address_key(address: str, rule: Rule = Rule.ADDRESS) -> Key:
    """Return the key for what comes from one address (IPv6: its /64): failed sign-ins, if nothing else is said."""
    bucket = rules.address_bucket(address)
    return Key(hash=keyed_hash(f"attempt/{rule}", bucket), rule=rule)


def client_key(client_id: str, address: str) -> Key:
    """Return the key for wrong proofs of an application from one address: no other application has to wait for it."""
    bucket = f"{client_id[:100]} {rules.address_bucket(address)}"
    return Key(hash=keyed_hash(f"attempt/{Rule.CLIENT}", bucket), rule=Rule.CLIENT)


def onward_key(whose: UUID) -> Key:
    """Return the key for sign-ins to applications from one session, or for refreshing one: each is a row."""
    return Key(hash=keyed_hash(f"attempt/{Rule.ONWARD}", whose.bytes), rule=Rule.ONWARD)


def export_key(administrator_id: UUID) -> Key:
    """Return the key for files that one person takes along: nobody else has to wait for it."""
    return Key(hash=keyed_hash(f"attempt/{Rule.EXPORT}", administrator_id.bytes), rule=Rule.EXPORT)
