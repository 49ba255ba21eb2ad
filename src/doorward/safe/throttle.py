"""The throttle: attempts are counted before the proof is looked at, and given back if it was right.

All counting is in the database, in single conditional statements, so that it holds over sessions,
processes and machines.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import BigIntegerField, Case, Exists, F, QuerySet, Value, When

from doorward.core import attempts
from doorward.core.errors import MustWait, OnlyKnownBrowsers
from doorward.safe.models import Attempt, Counted
from doorward.safe.prepared import PreparedText, PreparedUpdate
from doorward.safe.vault import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

Row = TypeVar("Row", bound=Counted)

_PASSWORD_MEMORY_MS = 30 * 24 * 3600 * 1000
_RESET_MEMORY_MS = 3600 * 1000
_SET_UP_MEMORY_MS = 3600 * 1000
_FOR_EVER = 2**53


class Rule(StrEnum):
    """How the failures of a key lead to waiting."""

    PASSWORD = "password"  # noqa: S105 - the name of a rule
    STRANGER = "stranger"
    RESET = "reset"
    SET_UP = "set-up"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Key:
    """What is counted: a keyed hash, and the rule that it follows."""

    hash: bytes
    rule: Rule


def password_key(email_folded: str, *, known: bool) -> Key:
    """Give the key for passwords tried for one e-mail, apart for known and unknown browsers."""
    rule = Rule.PASSWORD if known else Rule.STRANGER
    return Key(hash=fingerprint(f"attempt/{rule}", email_folded), rule=rule)


def reset_key(email_folded: str) -> Key:
    """Give the key for reset links asked for by one e-mail (each one counts)."""
    return Key(hash=fingerprint("attempt/reset", email_folded), rule=Rule.RESET)


def set_up_key(session_id: UUID) -> Key:
    """Give the key for codes that confirm the set-up of one session: nobody else has to wait for it."""
    return Key(hash=fingerprint("attempt/set-up", session_id.bytes), rule=Rule.SET_UP)


def address_key(address: str) -> Key:
    """Give the key for failures from one address (IPv6: its /64)."""
    bucket = attempts.address_bucket(address)
    return Key(hash=fingerprint("attempt/address", bucket), rule=Rule.ADDRESS)


def count_keys(keys: Sequence[Key], *, now: datetime) -> None:
    """Count one attempt on each key, before it is looked at; raise `MustWait` if one has to wait.

    `OnlyKnownBrowsers`, a kind of it, where no wait helps.
    """
    moment = milliseconds(now)
    # One order for all, so that two statements never wait for each other's rows.
    ordered = sorted(keys, key=lambda key: key.hash)
    values: dict[str, bytes | str | int] = {"moment": moment}
    for place, key in enumerate(ordered):
        values[f"key{place}"] = key.hash
        values[f"rule{place}"] = key.rule.value
        values[f"forget{place}"] = moment + _memory(key.rule)
    counted = {bytes(row[0]) for row in _count_statement(len(ordered)).rows(values)}
    refused = [key for key in ordered if key.hash not in counted]
    if refused:
        _uncount([key for key in ordered if key.hash in counted])
        raise _refusal(refused, moment=moment)


def count_failure(address: str, *, now: datetime) -> None:
    """Count a failure from an address, of a proof whose own count is in its row."""
    with suppress(MustWait):
        count_keys([address_key(address)], now=now)


def give_back(keys: Sequence[Key]) -> None:
    """Take back the attempt that was right: a person starts anew, an address gets one back."""
    if keys:
        _give_back(len(keys)).run(*(key.hash for key in keys))


@cache
def _give_back(number: int) -> PreparedUpdate:
    del number  # the statement has so many keys; each number of them is one of its own
    return PreparedUpdate(lambda *hashes: (Attempt.objects.filter(key__in=hashes), _GIVEN_BACK))


_GIVEN_BACK = {
    "failures": Case(
        When(rule=Rule.ADDRESS, failures__gt=0, then=F("failures") - 1), default=Value(0)
    ),
    "wait_until": Case(
        When(rule=Rule.ADDRESS, failures__gt=attempts.ADDRESS_LIMIT, then=F("wait_until")),
        default=Value(0),
    ),
}


def reset(keys: Sequence[Key]) -> None:
    """Forget all failures of these keys (a reset by mail does so for a password)."""
    Attempt.objects.filter(key__in=[key.hash for key in keys]).delete()


def forget(*, now: datetime) -> int:
    """Delete what no longer counts; give the number of rows."""
    return Attempt.objects.filter(forget_at__lte=milliseconds(now)).delete()[0]


def count_row(
    rows_of: Callable[[UUID], QuerySet[Row]], key: UUID, *, known: bool, address: str, now: datetime
) -> int:
    """Count one attempt on each row of a key that need not wait; give how many were counted.

    One conditional update, before the proof is looked at. `rows_of` (a function of a module, since
    the statement is kept with it) gives the rows that may be tried at all. None is counted from an
    address that has to wait; the address itself is counted when the proof was wrong.
    """
    moment = milliseconds(now)
    ends = [moment + seconds * 1000 for _, seconds in attempts.waits()]
    return _count_row(rows_of, "known" if known else "unknown").run(
        key, moment, address_key(address).hash, *ends
    )


@cache
def _count_row(rows_of: Callable[[UUID], QuerySet[Row]], side: str) -> PreparedUpdate:
    failures, wait_until = f"{side}_failures", f"{side}_wait_until"

    def make(
        key: UUID, moment: int, address: bytes, *ends: int
    ) -> tuple[QuerySet[Row], dict[str, Any]]:
        steps = zip(attempts.waits(), ends, strict=True)
        waits = [
            When(**{f"{failures}__gte": least - 1}, then=Value(end)) for (least, _), end in steps
        ]
        columns = {
            failures: F(failures) + 1,
            wait_until: Case(*reversed(waits), default=Value(0), output_field=BigIntegerField()),
            "failures_in_a_row": F("failures_in_a_row") + 1,
        }
        waiting = Attempt.objects.filter(key=address, wait_until__gt=moment)
        return rows_of(key).filter(~Exists(waiting), **{f"{wait_until}__lte": moment}), columns

    return PreparedUpdate(make)


def uncount_row(rows: QuerySet[Row], *, known: bool) -> None:
    """Take one counted attempt back from rows that the right proof was not of.

    They did not have to wait when it was counted, so they do not have to now.
    """
    side = "known" if known else "unknown"
    rows.filter(**{f"{side}_failures__gt": 0}, failures_in_a_row__gt=0).update(
        **{f"{side}_failures": F(f"{side}_failures") - 1, f"{side}_wait_until": 0},
        failures_in_a_row=F("failures_in_a_row") - 1,
    )


def cleared(*, known: bool) -> dict[str, int]:
    """Give the columns of a `Counted` row after a right proof: its side starts anew."""
    side = "known" if known else "unknown"
    return {f"{side}_failures": 0, f"{side}_wait_until": 0, "failures_in_a_row": 0}


def seconds_left(rows: Sequence[Counted], *, known: bool, address: str, now: datetime) -> int:
    """Give how many seconds there are until one of these rows may be tried from this address."""
    moment = milliseconds(now)
    ends = [row.known_wait_until if known else row.unknown_wait_until for row in rows]
    found = Attempt.objects.filter(key=address_key(address).hash).values_list(
        "wait_until", flat=True
    )
    return max(1, _ceil_seconds(max([min(ends), *found]) - moment))


def milliseconds(moment: datetime) -> int:
    """Give Unix time in whole milliseconds."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)


def _uncount(keys: Sequence[Key]) -> None:
    # Another key refused, so nothing was looked at. What an address pounded stays counted.
    personal = [key.hash for key in keys if key.rule is not Rule.ADDRESS]
    if personal:
        rows = Attempt.objects.filter(key__in=personal, failures__gt=0)
        rows.update(failures=F("failures") - 1, wait_until=0)


def _memory(rule: Rule) -> int:
    match rule:
        case Rule.ADDRESS:
            return attempts.ADDRESS_WINDOW * 1000
        case Rule.RESET:
            return _RESET_MEMORY_MS
        case Rule.SET_UP:
            return _SET_UP_MEMORY_MS
        case _:
            return _PASSWORD_MEMORY_MS


def _refusal(keys: Sequence[Key], *, moment: int) -> MustWait:
    found = Attempt.objects.filter(key__in=[key.hash for key in keys])
    ends = [row.wait_until for row in found]
    if _FOR_EVER in ends:
        return OnlyKnownBrowsers(seconds=attempts.LONGEST_WAIT)
    return MustWait(seconds=max((_ceil_seconds(end - moment) for end in ends), default=1) or 1)


def _ceil_seconds(ms: int) -> int:
    return max(0, -(-ms // 1000))


@cache
def _count_statement(rows: int) -> PreparedText:
    """Give the one statement that counts: for all keys, where nobody has to wait."""
    old, moment = "safe_attempt", "%(moment)s"
    failures = f"(CASE WHEN {old}.forget_at <= {moment} THEN 0 ELSE {old}.failures END + 1)"
    waits = " ".join(
        f"WHEN {failures} >= {least} THEN {moment} + {seconds * 1000}"
        for least, seconds in sorted(attempts.waits(), reverse=True)
    )
    # Until a reset by mail, however long that takes.
    known_only = (
        f"{old}.rule = '{Rule.STRANGER}' AND {failures} >= {attempts.PASSWORD_KNOWN_ONLY_AT}"
    )
    inserted = ", ".join(f"(%(key{n})s, %(rule{n})s, 1, 0, %(forget{n})s)" for n in range(rows))
    # All that is formatted into the text are whole numbers and constants of ours.
    return PreparedText(
        f"INSERT INTO safe_attempt (key, rule, failures, wait_until, forget_at) VALUES {inserted}"  # noqa: S608
        f" ON CONFLICT (key) DO UPDATE SET failures = {failures}, wait_until = CASE"
        f" WHEN {old}.rule = '{Rule.ADDRESS}' THEN"
        f" CASE WHEN {failures} >= {attempts.ADDRESS_LIMIT} THEN {old}.forget_at ELSE 0 END"
        f" WHEN {known_only} THEN {_FOR_EVER}"
        f" ELSE CASE {waits} ELSE 0 END END, forget_at = CASE"
        f" WHEN {old}.rule = '{Rule.ADDRESS}' AND {old}.forget_at > {moment}"
        f" THEN {old}.forget_at"
        f" WHEN {known_only} THEN {_FOR_EVER} ELSE excluded.forget_at END"
        f" WHERE {old}.wait_until <= {moment} OR {old}.forget_at <= {moment} RETURNING key"
    )
