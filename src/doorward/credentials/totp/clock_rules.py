"""The clock doctor: how far a phone's clock is off, told from codes that are right for another time.

It explains a refusal and never accepts. RFC 6238, 5.2, has a code accepted within its window alone; how far
it looks beyond is ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.credentials.totp.rules import STEP_SECONDS, WINDOW, matching_steps, step_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# Ten minutes each way.
REACH: Final = 20


def off_by_one_code(secret: bytes, code: str, *, now: datetime) -> int | None:
    """Tell by how many seconds the phone's clock is ahead (negative: behind); exact to one step.

    None for a code within the window, for one that matches nothing within reach, and where two times
    equally near would do. For a secret that guards nothing yet: 41 codes would be told apart from the rest.
    """
    current = step_at(now)
    found = matching_steps(secret, code, range(current - REACH, current + REACH + 1))
    off = _nearest(step - current for step in found)
    return None if off is None or off in WINDOW else off * STEP_SECONDS


def off_by_two_codes(secret: bytes, first: str, second: str, *, now: datetime) -> int | None:
    """Tell the same of two codes that the app showed one after the other, the second of them now.

    0 where the second one is within the window: the clock is right. None where they are not neighbours, or
    match nothing within reach. Who guesses hits with 41 in 10^12, so the answer is no help to them.
    """
    current = step_at(now)
    steps = range(current - REACH, current + REACH + 1)
    before = matching_steps(secret, first, (step - 1 for step in steps))
    shown = matching_steps(secret, second, steps)
    off = _nearest(step - current for step in shown if step - 1 in before)
    if off is None:
        return None
    return 0 if off in WINDOW else off * STEP_SECONDS


def _nearest(shifts: Iterable[int]) -> int | None:
    """Return the shift nearest to now; None where there is none, or two are equally near."""
    nearest = sorted(shifts, key=abs)
    if not nearest or (len(nearest) > 1 and abs(nearest[0]) == abs(nearest[1])):
        return None
    return nearest[0]
