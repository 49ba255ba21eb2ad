"""The throttle: a try is counted before the proof is looked at, and taken off the count if it was right.

All counting is in the database, in single conditional statements, so that it holds over sessions,
processes and machines. A try that is being looked at is held apart from the failures: together they
never exceed what is allowed, so that nobody guesses more by guessing at once; and who is right keeps
nobody waiting but for the moment it takes (docs/decisions/0056-limits.md).
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    F,
    PositiveIntegerField,
    QuerySet,
    Value,
    When,
)

from doorward.kernel.db.hot_queries import HotUpdate, keeping_cursor
from doorward.kernel.db.unsynced import unsynced
from doorward.kernel.errors import MustWait, OnlyKnownBrowsers
from doorward.kernel.models import Attempt, Counted
from doorward.kernel.ratelimit import limits, rules, statements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from doorward.kernel.ratelimit.limits import Key

Row = TypeVar("Row", bound=Counted)

# So often it is asked again whether a try that others are ahead of may be looked at; about ten seconds.
_ROUNDS: Final = 200
_FIRST_ROUND: Final = 0.01
_LONGEST_ROUND: Final = 0.05
# More e-mails than that are guessed at by no honest mistakes; those with the fewest failures go first.
MOST_ROWS: Final = 100_000


def reserve(keys: Sequence[Key], *, now: datetime) -> None:
    """Count one try on each key, before it is looked at; `was_right` or `was_wrong` says how it ended.

    Where others are being looked at and there is no room beside them, it waits for these, at most
    some seconds. Raises `MustWait` where a key has to wait; `OnlyKnownBrowsers`, a kind of it, where no
    wait helps. To be called outside of a transaction, which would keep the others from ending.
    """
    moment, pause = milliseconds(now), _FIRST_ROUND
    for _round in range(_ROUNDS):
        # Nobody is told anything of what is looked at before `was_right` or `was_wrong` is on the disk.
        with unsynced():
            counted = _run(statements.reserving, keys, moment=moment)
        refused = [key for key in keys if key.hash not in counted]
        if not refused:
            return
        _release([key for key in keys if key.hash in counted], moment=moment)
        if seconds := _wait_of(refused, moment=moment):
            raise seconds
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_ROUND)
    raise MustWait(seconds=1)


def was_right(keys: Sequence[Key]) -> None:
    """End a try that was right: a person starts again, an address has one fewer that is looked at."""
    _run(statements.righting, keys, moment=0)


def was_wrong(keys: Sequence[Key], *, now: datetime) -> None:
    """End a try that was wrong: it is a failure from now on."""
    _run(statements.failing, keys, moment=milliseconds(now))


def spend(keys: Sequence[Key], *, now: datetime) -> None:
    """Count one on each key that has a window, for good. Raises `MustWait` where one of them is full."""
    moment = milliseconds(now)
    counted = _run(statements.spending, keys, moment=moment)
    refused = [key for key in keys if key.hash not in counted]
    if refused:
        _run(statements.unspending, [key for key in keys if key.hash in counted], moment=moment)
        raise _wait_of(refused, moment=moment) or MustWait(seconds=1)


def count_failure(address: str, *, now: datetime) -> None:
    """Count a failed sign-in from an address, of a proof whose own count is elsewhere."""
    with suppress(MustWait):
        spend([limits.address_key(address)], now=now)


def take_back(address: str, *, failures: int) -> None:
    """Take failures back that the selftest caused from an address, so that nobody else there waits for them."""
    left = Case(
        When(failures__gt=failures, then=F("failures") - failures),
        default=Value(0),
        output_field=PositiveIntegerField(),
    )
    Attempt.objects.filter(key=limits.address_key(address).hash).update(failures=left)


def refuse_waiting(keys: Sequence[Key], *, now: datetime) -> None:
    """Raise `MustWait` where one of these keys has to wait. Nothing is counted."""
    if refusal := _wait_of(keys, moment=milliseconds(now)):
        raise refusal


def reset(keys: Sequence[Key]) -> None:
    """Forget all failures of these keys (a reset by mail does so for a password)."""
    Attempt.objects.filter(key__in=[key.hash for key in keys]).delete()


def forget(*, now: datetime) -> int:
    """Delete what no longer counts, and beyond `MOST_ROWS` those with the fewest failures; return how many.

    Who invents e-mails fills a table of a fixed size, at the rate that their addresses allow.
    """
    over = Attempt.objects.filter(forget_at__lte=milliseconds(now)).delete()[0]
    too_many = Attempt.objects.count() - MOST_ROWS
    if too_many > 0:
        few = Attempt.objects.order_by("failures", "forget_at").values("key")[:too_many]
        over += Attempt.objects.filter(key__in=few).delete()[0]
    return over


def count_row(
    rows_of: Callable[[UUID], QuerySet[Row]], key: UUID, *, known: bool, address: str, now: datetime
) -> int:
    """Count one attempt on each row of a key that need not wait; return how many were counted.

    One conditional update, before the proof is looked at. `rows_of` (a function of a module, since
    the statement is kept with it) gives the rows that may be tried at all. Of an unknown browser none
    is counted from an address that has to wait; the address itself is counted when the proof was wrong.
    """
    moment = milliseconds(now)
    ends = {f"after{least}": moment + seconds * 1000 for least, seconds in rules.waits()}
    side = "known" if known else "unknown"
    more = {} if known else {"address": limits.address_key(address).hash}
    return _count_row(rows_of, side).run(key=key, moment=moment, **ends, **more)


def count_open_row(rows_of: Callable[[UUID], QuerySet[Row]], key: UUID) -> int:
    """Count one attempt on each row of a key, in a session that is through; return how many were counted.

    Its waits are the session's own (`limits.proof_key`): who sits in a stolen session keeps nobody waiting at
    sign-in. That so many in a row disable a factor holds over all.
    """
    return rows_of(key).update(failures_in_a_row=F("failures_in_a_row") + 1)


@cache
def _count_row(rows_of: Callable[[UUID], QuerySet[Row]], side: str) -> HotUpdate:
    failures, wait_until = f"{side}_failures", f"{side}_wait_until"

    def make(
        key: UUID, moment: int, address: bytes = b"", **ends: int
    ) -> tuple[QuerySet[Row], dict[str, Any]]:
        waits = [
            When(**{f"{failures}__gte": least - 1}, then=Value(ends[f"after{least}"]))
            for least, _ in rules.waits()
        ]
        columns = {
            failures: F(failures) + 1,
            wait_until: Case(*reversed(waits), default=Value(0), output_field=BigIntegerField()),
            "failures_in_a_row": F("failures_in_a_row") + 1,
        }
        free = rows_of(key).filter(**{f"{wait_until}__lte": moment})
        waiting = Attempt.objects.filter(key=address, wait_until__gt=moment)
        return free.filter(~Exists(waiting)) if address else free, columns

    return HotUpdate(make)


def uncount_row(rows: QuerySet[Row], *, known: bool) -> None:
    """Take one counted attempt back from rows that the right proof was not of.

    They did not have to wait when it was counted, so they do not have to now.
    """
    side = "known" if known else "unknown"
    rows.filter(**{f"{side}_failures__gt": 0}, failures_in_a_row__gt=0).update(
        **{f"{side}_failures": F(f"{side}_failures") - 1, f"{side}_wait_until": 0},
        failures_in_a_row=F("failures_in_a_row") - 1,
    )


def uncount_open_row(rows: QuerySet[Row]) -> None:
    """Take one attempt back that `count_open_row` counted, from rows that the right proof was not of."""
    counted = rows.filter(failures_in_a_row__gt=0)
    counted.update(failures_in_a_row=F("failures_in_a_row") - 1)


def cleared(*, known: bool) -> dict[str, int]:
    """Return the columns of a `Counted` row after a right proof: its side starts again."""
    side = "known" if known else "unknown"
    return {f"{side}_failures": 0, f"{side}_wait_until": 0, "failures_in_a_row": 0}


def seconds_left(rows: Sequence[Counted], *, known: bool, address: str, now: datetime) -> int:
    """Return how many seconds there are until one of these rows may be tried from this address."""
    moment = milliseconds(now)
    ends = [row.known_wait_until if known else row.unknown_wait_until for row in rows]
    here = [] if known else [limits.address_key(address).hash]
    found = Attempt.objects.filter(key__in=here).values_list("wait_until", flat=True)
    return max(1, _ceil_seconds(max([min(ends), *found]) - moment))


def milliseconds(moment: datetime) -> int:
    """Return Unix time in whole milliseconds."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def _run(statement: Callable[[int], str], keys: Sequence[Key], *, moment: int) -> set[bytes]:
    """Run one statement for all of these keys; return the hashes of those that it changed."""
    if not keys:
        return set()
    # One order for all, so that two statements never wait for each other's rows.
    ordered = sorted(keys, key=lambda key: key.hash)
    values: dict[str, bytes | str | int] = {"moment": moment}
    for place, key in enumerate(ordered):
        values[f"key{place}"] = key.hash
        values[f"rule{place}"] = key.rule.value
        values[f"forget{place}"] = moment + _window_ms(key.rule)
    with keeping_cursor(connection) as cursor:
        cursor.execute(statement(len(ordered)), values)
        return {bytes(row[0]) for row in cursor.fetchall()}


def _release(keys: Sequence[Key], *, moment: int) -> None:
    """Take back what was reserved, since another key refused and nothing was looked at; no trace of it stays."""
    released = _run(statements.releasing, keys, moment=moment)
    Attempt.objects.filter(key__in=released, failures=0, in_flight=0).delete()


def _window_ms(rule: limits.Rule) -> int:
    """Return for how long a row that has no failure yet is kept: what is looked at, or its window."""
    return limits.WINDOWS[rule].seconds * 1000 if rule in limits.WINDOWS else statements.FLIGHT_MS


def _wait_of(keys: Sequence[Key], *, moment: int) -> MustWait | None:
    """Return what refuses; None: only others that are being looked at are in the way."""
    found = Attempt.objects.filter(key__in=[key.hash for key in keys], forget_at__gt=moment)
    ends = list(found.values_list("wait_until", flat=True))
    if statements.FOR_EVER in ends:
        return OnlyKnownBrowsers(seconds=rules.LONGEST_WAIT)
    left = _ceil_seconds(max(ends, default=0) - moment)
    return MustWait(seconds=left) if left else None


def _ceil_seconds(ms: int) -> int:
    return max(0, -(-ms // 1000))
