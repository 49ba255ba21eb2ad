"""What the worker forgets: forms on hold, files of mail, people who were removed. And what the guide says of it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.utils import timezone

from doorward.accounts import email_change, mailed_links
from doorward.accounts.errors import WrongStatus
from doorward.accounts.models import Administrator, MailedLink
from doorward.applications import forgetting as applications
from doorward.applications import keys as signing_keys
from doorward.audit.actor import CONSOLE
from doorward.audit.events import ADMINISTRATOR_ERASED
from doorward.audit.models import Event
from doorward.cli.base import main
from doorward.credentials.passkeys import challenges
from doorward.credentials.totp import enrol
from doorward.customers import deletion
from doorward.directory import adoption
from doorward.importing import forgetting as imports
from doorward.kernel.errors import NotFound
from doorward.kernel.ratelimit import mail_budget, rules, statements
from doorward.managing import rules as managing
from doorward.notifications import erasing, housekeeping, mail_files, outbox
from doorward.notifications.worker import run_once
from doorward.recovery import caller_check
from doorward.recovery import rules as recovery
from doorward.rollout import kept_rehearsals as rehearsals
from doorward.rollout import reminders, tick_runs
from doorward.sessions import ending, issuing, saved_requests
from doorward.sessions.models import Session
from tests.audit import histories
from tests.kit import browsers
from tests.kit import people as kit_people
from tests.notifications.happenings import Stage, removed

if TYPE_CHECKING:
    from datetime import datetime

    from tests.notifications.mails import Folder

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


# --- forms on hold --------------------------------------------------------------------------------


def test_a_form_is_forgotten_when_it_waited_too_long(
    owner: Administrator, colleague: Administrator
) -> None:
    now = timezone.now()
    early, late = (
        issuing.begin(person, actor=kit_people.actor(person), now=now).session_id
        for person in (owner, colleague)
    )
    saved_requests.save(early, path="/profile/", fields=[("phone", "+49 30 901820")], now=now)
    later = now + saved_requests.WAITS
    saved_requests.save(late, path="/profile/", fields=[], now=later)
    assert saved_requests.forget(now=later - timedelta(seconds=1)) == 0
    assert saved_requests.forget(now=later) == 1
    left = Session.objects.filter(saved_request__isnull=False).values_list("id", flat=True)
    assert list(left) == [late]


# --- files of mail --------------------------------------------------------------------------------


def aged(file: Path, *, days: float, now: datetime) -> Path:
    file.touch()
    moment = (now - timedelta(days=days)).timestamp()
    os.utime(file, (moment, moment))
    return file


def test_files_of_mail_are_forgotten(folder: Folder, tmp_path: Path) -> None:
    now = timezone.now()
    folder.path.mkdir()
    old = [
        aged(folder.path / name, days=30.1, now=now)
        for name in ("20261124T090010.000000Z-00000001.eml", ".20261124T090010.000000Z-00000002.71")
    ]
    kept = [
        aged(folder.path / "20261124T090010.000000Z-00000003.eml", days=29.9, now=now),
        aged(folder.path / "notes.txt", days=300, now=now),
        aged(tmp_path / "other.eml", days=300, now=now),
    ]
    assert mail_files.forget(now=now) == 2
    assert [file.exists() for file in (*old, *kept)] == [False] * 2 + [True] * 3


def test_files_of_before_there_was_a_server_are_forgotten_too(folder: Folder) -> None:
    now = timezone.now()
    before = settings.DOORWARD.data_dir / "mail"
    before.mkdir(exist_ok=True)
    file = aged(before / "20261124T090010.000000Z-00000001.eml", days=31, now=now)
    assert mail_files.forget(now=now) == 1
    assert not file.exists()


# --- people who were removed ----------------------------------------------------------------------


def is_there(person: Administrator) -> bool:
    return Administrator.objects.everywhere().filter(id=person.id).exists()


def test_who_was_removed_is_erased_when_the_time_is_over(
    owner: Administrator, colleague: Administrator, folder: Folder, clock: Any
) -> None:
    clock.shift(timedelta(days=400))
    removed(Stage(person=colleague, owner=owner))
    clock.shift(timedelta(days=89, hours=23))
    run_once(timezone.now())
    assert is_there(colleague)
    clock.shift(timedelta(days=1))
    run_once(timezone.now())
    assert not is_there(colleague)
    assert is_there(owner)
    [event] = kit_people.events(ADMINISTRATOR_ERASED)
    assert (event.actor_type, event.subject_id, event.subject_name) == ("portal", colleague.id, "")
    assert event.customer_id == owner.customer_id
    assert not Event.objects.filter(subject_name=colleague.full_name).exists()
    run_once(timezone.now())
    assert len(kit_people.events(ADMINISTRATOR_ERASED)) == 1
    assert histories.faults() == set()


def test_whose_invitation_was_revoked_is_erased_too(owner: Administrator, clock: Any) -> None:
    invited = kit_people.invite(owner.customer)
    browsers.browser_of(owner).post(f"/administrators/{invited.id}/revoke-invitation/")
    assert kit_people.again(invited).status == "removed"
    assert erasing.erase_due(now=timezone.now()) == 0
    assert erasing.erase_due(now=histories.days_later(91)) == 1
    assert not is_there(invited)


def test_who_was_suspended_is_not_erased(owner: Administrator, colleague: Administrator) -> None:
    people = Administrator.objects.everywhere().filter(id=colleague.id)
    people.update(status="suspended")
    assert erasing.erase_due(now=histories.days_later(1000)) == 0


def erase(email: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(main, ["administrators", "erase", email])
    return said.exit_code, said.stdout, said.stderr


def test_the_operator_erases_at_once(owner: Administrator, colleague: Administrator) -> None:
    removed(Stage(person=colleague, owner=owner))
    assert erase("SAMUEL.osei@HarbourBakery.example") == (
        0,
        "The personal data of SAMUEL.osei@HarbourBakery.example was erased.\n",
        "",
    )
    assert not is_there(colleague)
    [event] = kit_people.events(ADMINISTRATOR_ERASED)
    assert (event.actor_type, event.actor_id) == ("operator", None)


def test_only_who_was_removed_is_erased(owner: Administrator, colleague: Administrator) -> None:
    assert erase(owner.email) == (1, "", f"{owner.email} was not removed, so nothing is erased.\n")
    assert erase("nobody@x.example") == (
        1,
        "",
        "Nobody who was removed has the e-mail nobody@x.example.\n",
    )
    assert kit_people.events(ADMINISTRATOR_ERASED) == []


def test_somebody_who_came_back_stays(owner: Administrator, colleague: Administrator) -> None:
    """The one who was removed goes; the account that has the e-mail now is another."""
    removed(Stage(person=colleague, owner=owner))
    back = kit_people.make_administrator(owner.customer, email=colleague.email, name="Samuel Osei")
    assert erasing.erase_by_email(colleague.email, actor=CONSOLE) == 1
    assert (is_there(colleague), is_there(back)) == (False, True)
    with pytest.raises(WrongStatus):
        erasing.erase_by_email(colleague.email, actor=CONSOLE)
    with pytest.raises(NotFound):
        erasing.erase_by_email("x@x.example", actor=CONSOLE)


def test_a_link_of_somebody_erased_works_no_more(
    owner: Administrator, colleague: Administrator
) -> None:
    stage = Stage(person=colleague, owner=owner)
    removed(stage)
    erasing.erase(kit_people.again(colleague), actor=CONSOLE)
    assert not MailedLink.objects.filter(administrator_id=colleague.id).exists()
    assert not Session.objects.filter(administrator_id=colleague.id).exists()


# --- the guide ------------------------------------------------------------------------------------


def days(time: timedelta) -> str:
    return f"{time.days} days"


def minutes(time: timedelta) -> str:
    return f"{time.seconds // 60} minutes"


# What the worker forgets: how its row in the guide begins, and the times that stand in it, from the code.
ROWS = {
    "sign-ins that were left": ("a sign-in that was left", [minutes(ending.ABANDONED_AFTER)]),
    "secrets that were shown and not confirmed": ("a secret", [minutes(enrol.LIFETIME)]),
    "answered challenges": (
        "that a passkey's challenge",
        [minutes(challenges.PERIOD), minutes(2 * challenges.PERIOD)],
    ),
    "forms that waited for a proof": (
        "a form that waited",
        [minutes(saved_requests.WAITS), "within the hour"],
    ),
    "trusted browsers that hold no more": ("a trusted browser", ["within a minute"]),
    "mailbox codes": ("a mailbox code", ["1 day"]),
    "counted attempts": (
        "counted attempts",
        [
            f"{rules.ADDRESS_WINDOW // 60} minutes",
            f"{statements._MEMORY_MS // 86_400_000} days",
            f"{mail_budget.DAY // 3600} hours",
        ],
    ),
    "what applications were given": (
        "a sign-in to an application",
        [days(applications.KEPT)],
    ),
    "keys that tokens are signed with": (
        "a key that tokens were signed with",
        [days(signing_keys.CHANGED_EVERY), days(signing_keys.KEPT_AFTER)],
    ),
    "mailed links": ("a mailed link", [days(mailed_links.KEEP)]),
    "changes of e-mail": ("a change of e-mail", [days(email_change.KEEP)]),
    "help that was not used": (
        "help that was asked for",
        [f"{recovery.PASS_LIFETIME // timedelta(hours=1)} hours"],
    ),
    "caller checks": ("a caller check", [f"{caller_check.KEEP.days} day"]),
    "managing of long ago": ("that support managed a portal", [days(managing.KEPT)]),
    "numbers of long ago": ("how many of a customer", [days(adoption.KEEP)]),
    "files to import, and what came of them": (
        "the lines of a file",
        [f"{imports.FILE_KEPT // timedelta(hours=1)} hours"],
    ),
    "reminders of days gone by": ("that somebody was reminded", [days(reminders.KEPT)]),
    "what came of ticks for many": ("of two factors required of many", [days(tick_runs.KEPT)]),
    "rehearsals": ("a rehearsal", [f"{rehearsals.LASTS // timedelta(hours=1)} hour"]),
    "sessions": ("a session that ended", [days(ending.KEEP_ENDED)]),
    "messages": ("a message", [days(outbox.KEEP)]),
    "messages in files": ("a file in `mail/`", [days(mail_files.KEEP)]),
    "people who were removed": (
        "somebody who was removed",
        [f"{settings.DOORWARD.erase_after_days} days", "DOORWARD_ERASE_AFTER_DAYS"],
    ),
    "customers that are deleted for good": (
        "a customer that is to be deleted",
        [f"{deletion.AFTER_CLOSING.days} days", f"{deletion.AFTER_ASKING.days} day "],
    ),
    "history that is no longer kept": (
        "history",
        [f"{settings.DOORWARD.history_days} days", "DOORWARD_HISTORY_DAYS"],
    ),
}
NOTHING_FORGOTTEN = {
    "managing that is over",
    "changes of e-mail that take effect",
    "customers that are counted",
    "customers that are to be counted",
    "sums over customers",
    "exceptions that end",
    "reminders",
    "ticks for many",
    "imports",
    "weekly mails of adoption",
    "waves that wait",
    "applications that are told of sign-outs",
    "history that is sealed",
    "heads of history in a file",
    "heads of history by mail",
    "policies that take effect",
    "what was repeated",
    "customers that a selftest left behind",
}


def test_each_task_forgets_something_or_does_not() -> None:
    assert {name for name, _every, _task in housekeeping.TASKS} == ROWS.keys() | NOTHING_FORGOTTEN


@pytest.mark.parametrize("task", ROWS)
def test_the_guide_says_when(task: str) -> None:
    beginning, times = ROWS[task]
    section = OPERATING.read_text().partition("## What is forgotten when")[2].partition("\n## ")[0]
    [row] = [line for line in section.splitlines() if line.startswith(f"| {beginning}")]
    assert [time for time in times if time not in row] == []
