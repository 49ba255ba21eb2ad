"""The statements that the throttle counts with: each one is conditional, and counts in whatever number of rows."""

from __future__ import annotations

from functools import cache
from typing import Final

from doorward.kernel.ratelimit import rules
from doorward.kernel.ratelimit.limits import WINDOWS, Rule

_MEMORY_MS: Final = 30 * 24 * 3600 * 1000
FOR_EVER: Final = 2**53
# What is looked at for longer was left by a process that died: it counts as a failure.
FLIGHT_MS: Final = 30 * 1000

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
def reserving(rows: int) -> str:
    """Count before it is looked at, where there is room."""
    room = (
        f"CASE {_by_window('{limit} - ' + _FAILURES)} WHEN {_FAILURES} < {rules.FREE}"
        f" THEN {rules.FREE} - {_FAILURES} ELSE 1 END"
    )
    return _statement(
        rows,
        f"0, 1, %(moment)s + {FLIGHT_MS}, 0",
        f"failures = {_FAILURES}, in_flight = {_FLYING} + 1,"
        f" flight_until = excluded.flight_until, wait_until = 0,"
        f" forget_at = CASE WHEN {_OLD}.forget_at < excluded.forget_at"
        f" AND ({_OLD}.forget_at <= %(moment)s OR {_OLD}.failures = 0)"
        f" THEN excluded.forget_at ELSE {_OLD}.forget_at END",
        f"{_NOT_WAITING} AND {_FLYING} < {room}",
    )


@cache
def releasing(rows: int) -> str:
    """Take back what was reserved."""
    return _statement(rows, "0, 0, 0, 0", f"in_flight = {_LESS}")


@cache
def righting(rows: int) -> str:
    """Start again what has growing waits; a window keeps its failures."""
    failures = f"CASE {_by_window(_OLD + '.failures')} ELSE 0 END"
    wait = f"CASE {_by_window(_OLD + '.wait_until')} ELSE 0 END"
    return _statement(
        rows,
        "0, 0, 0, 0",
        f"in_flight = {_LESS}, failures = {failures}, wait_until = {wait}",
    )


@cache
def failing(rows: int) -> str:
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
        f" WHEN {for_ever} THEN {FOR_EVER} {waits} ELSE 0 END,"
        f" forget_at = CASE {_by_window(_OLD + '.forget_at')} WHEN {for_ever} THEN {FOR_EVER}"
        f" ELSE %(moment)s + {_MEMORY_MS} END",
    )


@cache
def spending(rows: int) -> str:
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
def unspending(rows: int) -> str:
    """Take back what was counted."""
    one_less = f"CASE WHEN {_OLD}.failures > 0 THEN {_OLD}.failures - 1 ELSE 0 END"
    return _statement(rows, "0, 0, 0, 0", f"failures = {one_less}, wait_until = 0")
