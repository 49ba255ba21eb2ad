"""What is secret in a message: a link or a code, made from rows when the message is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from doorward.accounts import mailed_links
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.notifications.messages import Message
from doorward.recovery import set_up_pass
from doorward.recovery.models import SetUpPass
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.models import Event

# Of an event's details, the one that names the link.
_LINKS: Final = {
    Message.INVITATION: "link",
    Message.PASSWORD_LINK_ASKED: "link",
    Message.PASSWORD_LINK_SENT: "link",
    Message.EMAIL_CHANGE_NEW: "new_link",
    Message.EMAIL_CHANGE_OLD: "old_link",
    Message.ENABLED: "link",
    Message.EMAIL_CHANGED_OLD: "link",
    Message.SECOND_ADDRESS_CONFIRM: "link",
    Message.HELPED: "link",
    Message.HELP_ASKED: "link",
    Message.RECOVERED: "link",
    Message.DEVICE_LOST: "link",
    Message.WAIT_ASKED: "link",
    Message.SUPPORT_ASKED: "link",
}
# Told all the same when their link no longer works.
_WITHOUT_LINK_TOO: Final = (
    Message.ENABLED,
    Message.EMAIL_CHANGED_OLD,
    Message.HELPED,
    Message.HELP_ASKED,
    Message.RECOVERED,
    Message.DEVICE_LOST,
    Message.WAIT_ASKED,
    Message.SUPPORT_ASKED,
)
# Nothing without the link or code in them.
FOR_THEIR_LINK: Final = frozenset(
    {*_LINKS, Message.MAILBOX_CODE, Message.PASS_MAILED} - {*_WITHOUT_LINK_TOO}
)
# A link that takes something away from whoever asked, and gives nobody anything.
_OBJECTING: Final = (
    Message.HELPED,
    Message.HELP_ASKED,
    Message.RECOVERED,
    Message.SUPPORT_ASKED,
    Message.WAIT_ASKED,
)


class NoLongerWanted(Exception):
    """The message is not to be sent: what it is about is over. Says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Enclosed:
    """`path`: of the link, within the portal; `until`: how long link or code work."""

    path: str = ""
    code: str = ""
    until: datetime | None = None


def enclose(message: Message, event: Event, *, copy: bool, now: datetime) -> Enclosed:
    """Return what goes into a message. Raises `NoLongerWanted` where it would not work any more.

    `copy`: it goes to a second address, which is told and proves nothing: there is nothing in it but how to object.
    """
    if copy and message not in _OBJECTING:
        return Enclosed()
    if message is Message.MAILBOX_CODE:
        return _code(event, now=now)
    if message is Message.PASS_MAILED:
        return _pass(event, now=now)
    if message not in _LINKS:
        return Enclosed()
    link = _link(message, event)
    if link is None or link.used_at or link.revoked_at or link.expires_at <= now:
        if message in _WITHOUT_LINK_TOO:
            return Enclosed()
        raise NoLongerWanted("its link does not work any more")
    return Enclosed(path=mailed_links.path(link), until=link.expires_at)


def _code(event: Event, *, now: datetime) -> Enclosed:
    proof = MailboxProof.objects.filter(id=as_id(event.details.get("proof"))).first()
    if proof is None or proof.used_at or proof.expires_at <= now:
        raise NoLongerWanted("its code does not work any more")
    return Enclosed(code=mailbox.code_of(proof), until=proof.expires_at)


def _link(message: Message, event: Event) -> MailedLink | None:
    if message is Message.RECOVERED:
        # By the one that was mailed when help was asked for, its person still ends what came of it.
        passes = SetUpPass.objects.filter(session_id=event.credential_id, used_at__isnull=False)
        rows = MailedLink.objects.filter(
            about__in=passes.values("request_id"), purpose=LinkPurpose.VETO
        )
        return rows.order_by("-created_at").first()
    return MailedLink.objects.filter(id=as_id(event.details.get(_LINKS[message]))).first()


def _pass(event: Event, *, now: datetime) -> Enclosed:
    unused = SetUpPass.objects.filter(used_at__isnull=True, ended_at__isnull=True)
    made = unused.filter(request_id=as_id(event.details.get("request")), expires_at__gt=now).first()
    if made is None:
        raise NoLongerWanted("its pass does not work any more")
    return Enclosed(code=" ".join(set_up_pass.words_of(made)), until=made.expires_at)


def as_id(text: object) -> UUID:
    """Return the id that a detail of an event is; one that no row has where it is none."""
    try:
        return UUID(str(text))
    except ValueError:
        return UUID(int=0)
