"""What is looked at where nobody has that e-mail: a hash that costs as much as somebody's.

As long as hashes of other systems are kept, people's cost differently, and each e-mail that nobody has stands for one
of these kinds, always the same one: of a hundred, as many as of a hundred people. So the time that an answer takes says
what kind of hash it would be, and not whether there is one.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password

from doorward.accounts.models import Administrator
from doorward.credentials.password.hash_formats import work_of
from doorward.credentials.password.hashers import TAKEN_OVER
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.sessions import issuing

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT_SECONDS: Final = 60.0
# Of so many their kinds are looked at; all of them are counted.
_SAMPLE: Final = 1000
_WHOLE: Final = 1 << 64


@dataclass(slots=True)
class _Kept:
    at: float
    kinds: tuple[tuple[str, float], ...]


_kept: list[_Kept] = []


def of(email: str) -> str:
    """Return the hash to look at for an e-mail that nobody has."""
    place = int.from_bytes(keyed_hash("decoy", email)[:8]) / _WHOLE
    return pick(_kinds(), place) or _usual()


def pick(kinds: Sequence[tuple[str, float]], place: float) -> str:
    """Return of which kind the one at this place (0 to 1) is; '': the usual. A share that shrinks leaves its end."""
    for kind, share in kinds:
        if place < share:
            return kind
        place -= share
    return ""


def forget() -> None:
    """Count again."""
    _kept.clear()


def _kinds() -> tuple[tuple[str, float], ...]:
    now = time.monotonic()
    if not _kept or now >= _kept[0].at + KEPT_SECONDS:
        _kept[:] = [_Kept(now, _shares())]
    return _kept[0].kinds


def _shares() -> tuple[tuple[str, float], ...]:
    people = Administrator.objects.everywhere()
    foreign = people.filter(password_taken_over=True)
    hashes = list(foreign.order_by("id").values_list("password", flat=True)[:_SAMPLE])
    if not hashes:
        return ()
    share = foreign.count() / people.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).count()
    kinds = Counter(TAKEN_OVER + work_of(one.removeprefix(TAKEN_OVER)) for one in hashes)
    return tuple((one, share * kinds[one] / len(hashes)) for one in sorted(kinds))


@cache
def _usual() -> str:
    return make_password(issuing.new_token())
