"""What is periodic: what takes effect by time, and what is forgotten. Each is done again without harm."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from doorward.accounts import email_change, exceptions, mailed_links
from doorward.applications import back_channel_logout
from doorward.applications import forgetting as applications
from doorward.applications import keys as signing_keys
from doorward.audit import forgetting, repeats, sealing
from doorward.credentials.passkeys import challenges
from doorward.credentials.totp import enrol
from doorward.credentials.trusted_browsers import policy_change, trust
from doorward.customers import throw_away
from doorward.directory import adoption_sums
from doorward.importing import part_by_part as imports
from doorward.importing.forgetting import forget as forget_imports
from doorward.kernel.heartbeat import AT_A_MESSAGE, AT_LENGTH, USUAL
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import WORKER_FAILURES
from doorward.kernel.ratelimit import throttle
from doorward.kernel.why_not_saved import log_failure
from doorward.managing import end as managing
from doorward.notifications import anchoring, customer_deletion, erasing, mail_files, outbox
from doorward.recovery import caller_check, due_requests
from doorward.rollout import kept_rehearsals, reminders, tick_runs, waiting_waves, weekly
from doorward.sessions import ending, saved_requests
from doorward.signin import mailbox

if TYPE_CHECKING:
    from datetime import datetime

_log = logging.getLogger("doorward.notifications")

Task: TypeAlias = Callable[..., int]

EVERY_ROUND = timedelta(0)
EVERY_MINUTE = timedelta(minutes=1)
EVERY_HOUR = timedelta(hours=1)
EVERY_DAY = timedelta(days=1)

# docs/operating.md, 'What is forgotten when', says the same in words.
TASKS: Final[tuple[tuple[str, timedelta, Task], ...]] = (
    ("changes of e-mail that take effect", EVERY_MINUTE, email_change.apply_due),
    ("help that was not used", EVERY_MINUTE, due_requests.end_due),
    ("managing that is over", EVERY_MINUTE, managing.end_due),
    ("policies that take effect", EVERY_MINUTE, policy_change.begin_due),
    ("exceptions that end", EVERY_MINUTE, exceptions.end_due),
    ("ticks for many", EVERY_ROUND, tick_runs.work_due),
    ("imports", EVERY_ROUND, imports.work_due),
    ("applications that are told of sign-outs", EVERY_ROUND, back_channel_logout.work_due),
    ("waves that wait", EVERY_HOUR, waiting_waves.pause_due),
    ("reminders", EVERY_MINUTE, reminders.remind_due),
    ("weekly mails of adoption", EVERY_MINUTE, weekly.send_due),
    ("sign-ins that were left", EVERY_MINUTE, ending.close_abandoned),
    ("secrets that were shown and not confirmed", EVERY_MINUTE, enrol.forget),
    ("answered challenges", EVERY_MINUTE, challenges.forget),
    ("trusted browsers that hold no more", EVERY_MINUTE, trust.forget),
    ("what was repeated", EVERY_MINUTE, repeats.close),
    ("customers that are counted", EVERY_MINUTE, adoption_sums.fold),
    ("history that is sealed", EVERY_MINUTE, sealing.seal),
    ("customers that a selftest left behind", EVERY_MINUTE, throw_away.end_due),
    ("customers that are deleted for good", EVERY_MINUTE, customer_deletion.delete_due),
    ("heads of history in a file", EVERY_HOUR, anchoring.write),
    ("heads of history by mail", EVERY_HOUR, anchoring.mail),
    ("forms that waited for a proof", EVERY_HOUR, saved_requests.forget),
    ("what applications were given", EVERY_HOUR, applications.forget),
    ("keys that tokens are signed with", EVERY_HOUR, signing_keys.change_due),
    ("mailbox codes", EVERY_HOUR, mailbox.forget),
    ("counted attempts", EVERY_MINUTE, throttle.forget),
    ("mailed links", EVERY_HOUR, mailed_links.forget),
    ("changes of e-mail", EVERY_HOUR, email_change.forget),
    ("reminders of days gone by", EVERY_HOUR, reminders.forget),
    ("sessions", EVERY_HOUR, ending.forget),
    ("rehearsals", EVERY_HOUR, kept_rehearsals.forget),
    ("what came of ticks for many", EVERY_HOUR, tick_runs.forget),
    ("files to import, and what came of them", EVERY_HOUR, forget_imports),
    ("caller checks", EVERY_HOUR, caller_check.forget),
    ("managing of long ago", EVERY_HOUR, managing.forget),
    ("messages", EVERY_HOUR, outbox.forget),
    ("messages in files", EVERY_HOUR, mail_files.forget),
    ("customers that are to be counted", EVERY_DAY, adoption_sums.note_all),
    ("sums over customers", EVERY_DAY, adoption_sums.settle),
    ("numbers of long ago", EVERY_DAY, adoption_sums.forget),
    ("people who were removed", EVERY_DAY, erasing.erase_due),
    ("history that is no longer kept", EVERY_DAY, forgetting.forget),
)


def _silence(every: timedelta) -> timedelta:
    """Return how long a task may be silent; one of each round does a part at a time, and usually nothing."""
    if every == EVERY_ROUND:
        return USUAL
    return AT_LENGTH if every > EVERY_MINUTE else AT_A_MESSAGE


def tidy(
    *,
    now: datetime,
    moment: float,
    last: dict[str, float],
    beat: Callable[[timedelta], None] = lambda _within: None,
) -> None:
    """Do each task whose time has come; `last` remembers the moment each was done at. One that fails is logged.

    `moment` is of the monotonic clock, in seconds: a day's work must not wait for a day that the other
    clock has only been at by mistake.
    """
    for name, every, task in TASKS:
        if name in last and moment < last[name] + every.total_seconds():
            continue
        last[name] = moment
        beat(_silence(every))
        try:
            done = task(now=now)
        except Exception as error:  # noqa: BLE001 - one task must not keep the others from being done
            counting.count(WORKER_FAILURES)
            log_failure(_log, f"housekeeping failed: {name}", error)
        else:
            if done:
                _log.info("housekeeping: %s: %s", name, done)
