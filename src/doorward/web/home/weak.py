"""What is still weak, for who looks after people: a line each, with its one click, gone when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markupsafe import Markup

from doorward.web.kit.times import day, number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from doorward.directory.counts import Numbers
    from doorward.directory.weak import Weak
    from doorward.operations.waiting_for_staff import Waiting

_PEOPLE: Final = "/administrators/"


@dataclass(frozen=True, slots=True)
class WeakLine:
    """What is weak, and the click that leads to what can be done. `is_done_here`: it is a form, not a link."""

    text: str
    verb: str
    href: str
    icon: str
    is_done_here: bool = False


def waiting_lines(weak: Weak | None) -> Iterator[WeakLine]:
    """Yield a line for each kind of request that waits for the reader."""
    if weak is not None:
        yield from _after_a_loss(weak)
        if weak.asks_to_manage:
            words = ngettext(
                "%(n)s request from support to manage your portal is waiting for approval",
                "%(n)s requests from support to manage your portal are waiting for approval",
                weak.asks_to_manage,
            )
            yield _counted(words, weak.asks_to_manage, "/managing/", "eye", do=_("Look at it"))


def _after_a_loss(weak: Weak) -> Iterator[WeakLine]:
    if weak.to_fetch:
        words = ngettext(
            "You can fetch the set-up pass of %(n)s colleague",
            "You can fetch the set-up passes of %(n)s colleagues",
            weak.to_fetch,
        )
        yield _counted(words, weak.to_fetch, "/requests/", "key-round", do=_("Fetch it"))
    if weak.to_confirm:
        words = ngettext(
            "%(n)s person came back with a set-up pass. Was it really them?",
            "%(n)s people came back with a set-up pass. Was it really them?",
            weak.to_confirm,
        )
        yield _counted(words, weak.to_confirm, "/requests/", "user-check", do=_("Say who it was"))
    if weak.asks_for_help:
        words = ngettext(
            "%(n)s request for help after a loss is waiting for your decision",
            "%(n)s requests for help after a loss are waiting for your decision",
            weak.asks_for_help,
        )
        yield _counted(words, weak.asks_for_help, "/requests/", "life-buoy", do=_("Look at it"))


def staff_lines(waits: Waiting) -> Iterator[WeakLine]:
    """Yield a line for each thing of the provider that waits, with its way to exactly what is counted."""
    for customer_id, name in waits.agreed:
        text = _("%(customer)s lets you manage its portal") % {"customer": name}
        yield WeakLine(text, _("Look at it"), f"/customers/{customer_id}/manage/", "eye")
    if waits.stopped:
        words = ngettext(
            "%(n)s import was stopped and waits until somebody goes on",
            "%(n)s imports were stopped and wait until somebody goes on",
            waits.stopped,
        )
        yield _counted(words, waits.stopped, "/customers/import/?state=stopped", "circle-pause")
    if waits.to_delete:
        words = ngettext(
            "%(n)s customer is to be deleted for good",
            "%(n)s customers are to be deleted for good",
            waits.to_delete,
        )
        yield _counted(words, waits.to_delete, "/customers/?status=to-delete", "trash-2")
    if waits.hosts:
        words = ngettext(
            "%(n)s host name of a brand is not confirmed, so nobody can sign in there",
            "%(n)s host names of brands are not confirmed, so nobody can sign in there",
            waits.hosts,
        )
        yield _counted(words, waits.hosts, "/brands/", "palette")


def weak_lines(
    numbers: Numbers, *, devices: int, account: bool, last_day: datetime | None
) -> Iterator[WeakLine]:
    """Yield the lines; `devices`: how many factors the reader has that can be used. `account`: they have that tab.

    `last_day`: by which two factors are required of everybody concerned, where it is still to come.
    """
    weak, people = numbers.weak, numbers.people
    if weak is None or people is None:
        return
    if weak.alone:
        yield _alone(people.people)
    yield from _own(weak, devices=devices)
    if people.missing:
        words = _missing(people.missing, last_day)
        narrowed = "factor=required-missing"
        yield _about(words, people.missing, narrowed, "shield-alert", by=last_day)
    if weak.wave_waits:
        yield WeakLine(
            _("The next wave waits: too many people of the last one are not ready."),
            _("Look at it") if account else _("Go on"),
            "/account/#wave-waits" if account else "/account/waves/",
            "circle-pause",
            is_done_here=not account,
        )
    yield from _of_people(weak)


def _alone(people: int) -> WeakLine:
    return WeakLine(
        _("You are the only one who can look after people here: nobody else could help you."),
        _("Choose a second person") if people > 1 else _("Add a second person"),
        f"{_PEOPLE}?status=active" if people > 1 else f"{_PEOPLE}add/",
        "user-plus",
    )


def _missing(people: int, last_day: datetime | None) -> str:
    """Return the sentence, with number and day still to be put in."""
    if last_day is None:
        return ngettext(
            "%(n)s person must use two factors but has not set them up",
            "%(n)s people must use two factors but have not set them up",
            people,
        )
    return ngettext(
        "%(n)s person must use two factors by %(day)s but has not set them up",
        "%(n)s people must use two factors by %(day)s but have not set them up",
        people,
    )


def _own(weak: Weak, *, devices: int) -> Iterator[WeakLine]:
    if devices and weak.without_codes:
        yield WeakLine(
            _("You have no recovery codes."),
            _("Make recovery codes"),
            "/security/recovery-codes/",
            "life-buoy",
            is_done_here=True,
        )
    if devices == 1 and (weak.alone or weak.without_codes):
        yield WeakLine(
            _(
                "You have one device for two-factor sign-in. "
                "If you lose it, only a recovery code or somebody else gets you back in."
            ),
            _("Add another device"),
            "/security/2fa/add/",
            "smartphone",
        )


def _of_people(weak: Weak) -> Iterator[WeakLine]:
    if weak.one_device:
        words = ngettext(
            "%(n)s person has one device and no recovery codes",
            "%(n)s people have one device and no recovery codes",
            weak.one_device,
        )
        yield _about(words, weak.one_device, "factor=one-device", "smartphone")
    if weak.unreachable:
        words = ngettext(
            "Mail to %(n)s person is refused",
            "Mail to %(n)s people is refused",
            weak.unreachable,
        )
        yield _about(words, weak.unreachable, "attention=no-mail", "mail-x")
    if weak.not_seen:
        words = ngettext(
            "%(n)s person has not signed in for 90 days, or never",
            "%(n)s people have not signed in for 90 days, or never",
            weak.not_seen,
        )
        yield _about(words, weak.not_seen, "attention=not-seen", "user-search")
    if weak.exceptions:
        words = ngettext(
            "%(n)s exception from the policy ends within a week",
            "%(n)s exceptions from the policy end within a week",
            weak.exceptions,
        )
        yield _counted(words, weak.exceptions, "/account/#exceptions", "clock")


def _counted(words: str, counted: int, href: str, icon: str, *, do: str = "") -> WeakLine:
    return WeakLine(words % {"n": number(counted)}, do or _("Look at them"), href, icon)


def _about(
    words: str, counted: int, narrowed: str, icon: str, *, by: datetime | None = None
) -> WeakLine:
    text = Markup(words) % {"n": number(counted), "day": day(by)}  # noqa: S704 - a text of ours
    return WeakLine(text, _("Look at them"), f"{_PEOPLE}?{narrowed}", icon)
