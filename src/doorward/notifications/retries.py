"""How often a mail is tried again that could not be sent, and after which wait; then it is given up.

Not what a mailbox refused for good (`refused_for_good` in `mail.py`): that is given up at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)
# With these waits about three days.
TRIES: Final = 78


def wait_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many tries: a minute, doubling to an hour; None: no more."""
    if attempts >= TRIES:
        return None
    # The exponent is bounded before the power is taken: 2 to the 6th is more than an hour already.
    doubled: int = 2 ** min(attempts - 1, 6)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)
