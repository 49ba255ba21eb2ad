"""How long to wait after how many failures, and when a proof is no longer to be tried at all.

NIST SP 800-63B-4, 3.2.2, allows 100 failures in a row and gives the growing wait as an example; the numbers
stay inside that. A sliding limit alone is no defence: ten tries an hour for a year guess a code with 23 %.
"""

import ipaddress
from dataclasses import dataclass
from functools import cache
from typing import Final

FREE: Final = 5
FIRST_WAIT: Final = 30
LONGEST_WAIT: Final = 3600

DISABLE_AT: Final = 50
# So many wrong second factors after a right password tell the owner, at most once in that time.
TELL_AT: Final = 3
TELL_WINDOW: Final = 24 * 3600
# So many, whatever was right in between, alarm the owner and their colleagues, once in that time.
ALARM_AT: Final = 100
ALARM_WINDOW: Final = 30 * 24 * 3600

PASSWORD_KNOWN_ONLY_AT: Final = 100


@dataclass(frozen=True, slots=True)
class Window:
    """So many within so many seconds; then nothing more until these are over."""

    limit: int
    seconds: int


ADDRESS_LIMIT: Final = 100
ADDRESS_WINDOW: Final = 900
# Failed sign-ins from one address: unknown browsers there wait.
ADDRESS: Final = Window(ADDRESS_LIMIT, ADDRESS_WINDOW)
# Links for a forgotten password asked for from one address: only who asks for more waits.
ASKING: Final = Window(100, 900)
# Wrong secrets of an application from one address: nobody guesses 256 bits, and who has the right one hardly errs.
CLIENT: Final = Window(20, 900)
# Requests that are pushed from one address by applications without a secret: each is a row that a stranger writes. A
# whole office may sign in at once.
PUSHING: Final = Window(1000, 900)
# Sign-ins to applications from one session, and refreshing of one sign-in. An application in a browser asks again,
# silently, every few minutes.
ONWARD: Final = Window(200, 900)
# Files that one person takes along, one after the other. A history may be long, and each is a line of it.
EXPORT: Final = Window(50, 900)

UNKNOWN_ADDRESS: Final = "unknown"
_IPV6_PREFIX: Final = 64


def wait_after(failures: int) -> int:
    """Return the seconds between the last failure and the next try, after `failures` in a row.

    Five tries are free: 0 up to 4 failures. The sixth try waits 30 s after the fifth failure, the seventh 60 s, and
    so on, doubling up to an hour.
    """
    if failures < FREE:
        return 0
    # The exponent is bounded: after a million failures this must not make a number of a million bits.
    return min(FIRST_WAIT << min(failures - FREE, 16), LONGEST_WAIT)


@cache
def waits() -> tuple[tuple[int, int], ...]:
    """Return the same as rows (from so many failures on, seconds), rising, for a CASE in SQL.

    The last one holds for all more.
    """
    rows: list[tuple[int, int]] = []
    failures = FREE
    while not rows or rows[-1][1] < LONGEST_WAIT:
        rows.append((failures, wait_after(failures)))
        failures += 1
    return tuple(rows)


def address_bucket(address: str) -> str:
    """Name what an address is counted under: an IPv4 address whole, IPv6 by its /64 network, anything else 'unknown'.

    Who has one IPv6 address has the 2^64 of its network. An IPv4 address mapped into IPv6 is counted as IPv4.
    """
    try:
        parsed = ipaddress.ip_address(address.strip())
    except ValueError:
        return UNKNOWN_ADDRESS
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _IPV6_PREFIX), strict=False))
