"""The throttle: a try is counted before the proof is looked at, and taken off the count if it was right.

All counting is in the database, in single conditional statements, so that it holds over sessions,
processes and machines. A try that is being looked at is held apart from the failures: together they
never exceed what is allowed, so that nobody guesses more by guessing at once; and who is right keeps
nobody waiting but for the moment it takes (docs/decisions/0056-limits.md).
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum
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

from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.db.hot_queries import HotUpdate, keeping_cursor
from doorward.kernel.db.unsynced import unsynced
from doorward.kernel.errors import MustWait, OnlyKnownBrowsers
from doorward.kernel.models import Attempt, Counted
from doorward.kernel.ratelimit import mail_budget, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from doorward.kernel.ratelimit.rules import Window

Row = TypeVar("Row", bound=Counted)

_MEMORY_MS: Final = 30 * 24 * 3600 * 1000
_FOR_EVER: Final = 2**53
# What is looked at for longer was left by a process that died: it counts as a failure.
_FLIGHT_MS: Final = 30 * 1000
# So often it is asked again whether a try that others are ahead of may be looked at; about ten seconds.
_ROUNDS: Final = 200
_FIRST_ROUND: Final = 0.01
_LONGEST_ROUND: Final = 0.05
# More e-mails than that are guessed at by no honest mistakes; those with the fewest failures go first.
MOST_ROWS: Final = 100_000


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
            counted = _run(_reserving, keys, moment=moment)
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
    _run(_righting, keys, moment=0)


def was_wrong(keys: Sequence[Key], *, now: datetime) -> None:
    """End a try that was wrong: it is a failure from now on."""
    _run(_failing, keys, moment=milliseconds(now))


def spend(keys: Sequence[Key], *, now: datetime) -> None:
    """Count one on each key that has a window, for good. Raises `MustWait` where one of them is full."""
    moment = milliseconds(now)
    counted = _run(_spending, keys, moment=moment)
    refused = [key for key in keys if key.hash not in counted]
    if refused:
        _run(_unspending, [key for key in keys if key.hash in counted], moment=moment)
        raise _wait_of(refused, moment=moment) or MustWait(seconds=1)


def count_failure(address: str, *, now: datetime) -> None:
    """Count a failed sign-in from an address, of a proof whose own count is elsewhere."""
    with suppress(MustWait):
        spend([address_key(address)], now=now)


def take_back(address: str, *, failures: int) -> None:
    """Take failures back that the selftest caused from an address, so that nobody else there waits for them."""
    left = Case(
        When(failures__gt=failures, then=F("failures") - failures),
        default=Value(0),
        output_field=PositiveIntegerField(),
    )
    Attempt.objects.filter(key=address_key(address).hash).update(failures=left)


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
    more = {} if known else {"address": address_key(address).hash}
    return _count_row(rows_of, side).run(key=key, moment=moment, **ends, **more)


def count_open_row(rows_of: Callable[[UUID], QuerySet[Row]], key: UUID) -> int:
    """Count one attempt on each row of a key, in a session that is through; return how many were counted.

    Its waits are the session's own (`proof_key`): who sits in a stolen session keeps nobody waiting at
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
    here = [] if known else [address_key(address).hash]
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
    released = _run(_releasing, keys, moment=moment)
    Attempt.objects.filter(key__in=released, failures=0, in_flight=0).delete()


def _window_ms(rule: Rule) -> int:
    """Return for how long a row that has no failure yet is kept: what is looked at, or its window."""
    return WINDOWS[rule].seconds * 1000 if rule in WINDOWS else _FLIGHT_MS


def _wait_of(keys: Sequence[Key], *, moment: int) -> MustWait | None:
    """Return what refuses; None: only others that are being looked at are in the way."""
    found = Attempt.objects.filter(key__in=[key.hash for key in keys], forget_at__gt=moment)
    ends = list(found.values_list("wait_until", flat=True))
    if _FOR_EVER in ends:
        return OnlyKnownBrowsers(seconds=rules.LONGEST_WAIT)
    left = _ceil_seconds(max(ends, default=0) - moment)
    return MustWait(seconds=left) if left else None


def _ceil_seconds(ms: int) -> int:
    return max(0, -(-ms // 1000))


_OLD = "kernel_attempt"
# All that is formatted into these texts are whole numbers, constants of ours and names of parameters.
_LOST = f"{_OLD}.flight_until <= %(moment)s"
_FLYING = f"(CASE WHEN {_LOST} THEN 0 ELSE {_OLD}.in_flight END)"
_FAILURES = (
    f"(CASE WHEN {_OLD}.forget_at <= %(moment)s THEN 0 ELSE {_OLD}.failures END"
    f" + CASE WHEN {_LOST} THEN {_OLD}.in_flight ELSE 0 END)"
)


def _by_window(then: str) -> str:
    """Return the arms of a CASE for the rules that have a window; `then` may say {limit} and {ms}."""
    return " ".join(
        f"WHEN {_OLD}.rule = '{rule}' THEN {then.format(limit=one.limit, ms=one.seconds * 1000)}"
        for rule, one in WINDOWS.items()
    )


def _statement(rows: int, new: str, changes: str, where: str = "") -> str:
    """Return the statement that inserts so many rows, or changes those that are there already."""
    # A row at a time, in the order of the values: no UPDATE promises one.
    inserted = ", ".join(f"(%(key{n})s, %(rule{n})s, %(forget{n})s, {new})" for n in range(rows))
    return (
        f"INSERT INTO {_OLD} (key, rule, forget_at, failures, in_flight, flight_until, wait_until)"  # noqa: S608
        f" VALUES {inserted} ON CONFLICT (key) DO UPDATE SET {changes}"
        f"{' WHERE ' + where if where else ''} RETURNING key"
    )


_LESS = f"CASE WHEN {_OLD}.in_flight > 0 THEN {_OLD}.in_flight - 1 ELSE 0 END"
_NOT_WAITING = f"({_OLD}.wait_until <= %(moment)s OR {_OLD}.forget_at <= %(moment)s)"


@cache
def _reserving(rows: int) -> str:
    """Count before it is looked at, where there is room."""
    room = (
        f"CASE {_by_window('{limit} - ' + _FAILURES)} WHEN {_FAILURES} < {rules.FREE}"
        f" THEN {rules.FREE} - {_FAILURES} ELSE 1 END"
    )
    return _statement(
        rows,
        f"0, 1, %(moment)s + {_FLIGHT_MS}, 0",
        f"failures = {_FAILURES}, in_flight = {_FLYING} + 1,"
        f" flight_until = excluded.flight_until, wait_until = 0,"
        f" forget_at = CASE WHEN {_OLD}.forget_at < excluded.forget_at"
        f" AND ({_OLD}.forget_at <= %(moment)s OR {_OLD}.failures = 0)"
        f" THEN excluded.forget_at ELSE {_OLD}.forget_at END",
        f"{_NOT_WAITING} AND {_FLYING} < {room}",
    )


@cache
def _releasing(rows: int) -> str:
    """Take back what was reserved."""
    return _statement(rows, "0, 0, 0, 0", f"in_flight = {_LESS}")


@cache
def _righting(rows: int) -> str:
    """Start again what has growing waits; a window keeps its failures."""
    failures = f"CASE {_by_window(_OLD + '.failures')} ELSE 0 END"
    wait = f"CASE {_by_window(_OLD + '.wait_until')} ELSE 0 END"
    return _statement(
        rows,
        "0, 0, 0, 0",
        f"in_flight = {_LESS}, failures = {failures}, wait_until = {wait}",
    )


@cache
def _failing(rows: int) -> str:
    """Make a failure of what was looked at."""
    failures = f"({_OLD}.failures + 1)"
    waits = " ".join(
        f"WHEN {failures} >= {least} THEN %(moment)s + {seconds * 1000}"
        for least, seconds in sorted(rules.waits(), reverse=True)
    )
    # Until a reset by mail, however long that takes.
    for_ever = f"{_OLD}.rule = '{Rule.STRANGER}' AND {failures} >= {rules.PASSWORD_KNOWN_ONLY_AT}"
    full = f"CASE WHEN {failures} >= {{limit}} THEN {_OLD}.forget_at ELSE 0 END"
    return _statement(
        rows,
        "1, 0, 0, 0",
        f"failures = {failures}, in_flight = {_LESS},"
        f" wait_until = CASE {_by_window(full)}"
        f" WHEN {for_ever} THEN {_FOR_EVER} {waits} ELSE 0 END,"
        f" forget_at = CASE {_by_window(_OLD + '.forget_at')} WHEN {for_ever} THEN {_FOR_EVER}"
        f" ELSE %(moment)s + {_MEMORY_MS} END",
    )


@cache
def _spending(rows: int) -> str:
    """Count for good, where the window is not full."""
    failures = f"(CASE WHEN {_OLD}.forget_at <= %(moment)s THEN 0 ELSE {_OLD}.failures END + 1)"
    until = (
        f"CASE WHEN {_OLD}.forget_at <= %(moment)s THEN excluded.forget_at"
        f" ELSE {_OLD}.forget_at END"
    )
    full = f"CASE WHEN {failures} >= {{limit}} THEN {until} ELSE 0 END"
    return _statement(
        rows,
        "1, 0, 0, 0",
        f"failures = {failures}, wait_until = CASE {_by_window(full)} ELSE 0 END,"
        f" forget_at = {until}",
        _NOT_WAITING,
    )


@cache
def _unspending(rows: int) -> str:
    """Take back what was counted."""
    one_less = f"CASE WHEN {_OLD}.failures > 0 THEN {_OLD}.failures - 1 ELSE 0 END"
    return _statement(rows, "0, 0, 0, 0", f"failures = {one_less}, wait_until = 0")
