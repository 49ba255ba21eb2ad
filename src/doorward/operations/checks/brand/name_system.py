"""The name system, asked so often and so long at most: a record of somebody else's decides about neither."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    import dns.resolver

_SECONDS: Final = 2.0


class NotAnswered(Exception):
    """The name system did not say whether there is such a record: not in time, not at all, or asked too often."""


class NameSystem:
    """Ask until `ends` (by the monotonic clock), and for `most` records at most."""

    def __init__(self, *, ends: float, most: int) -> None:
        self.ends = ends
        self.left = most

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a name, none where there are none. Raises `NotAnswered`."""
        found = self._ask(name, "TXT") or ()
        return tuple(b"".join(one.strings).decode("ascii", "replace") for one in found)

    def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a name, IPv4 first, none where there are none. Raises `NotAnswered`."""
        return tuple(self._addresses(name))

    def mail_servers(self, name: str) -> tuple[str, ...]:
        """Return who takes mail for a domain. Raises `NotAnswered`."""
        found = self._ask(name, "MX") or ()
        return tuple(one.exchange.to_text(omit_final_dot=True) for one in found)

    def is_there(self, name: str) -> bool:
        """Return whether there is such a name, or any below it (RFC 8020). Raises `NotAnswered`."""
        return self._ask(name, "TXT") is not None

    def _addresses(self, name: str) -> Iterator[str]:
        for kind in ("A", "AAAA"):
            for one in self._ask(name, kind) or ():
                yield one.address

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer | tuple[()] | None:
        """Return what is there; nothing where the name has no such record, None where there is no such name."""
        import dns.exception  # noqa: PLC0415 - 2 MiB that few processes ever need
        import dns.name  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        lifetime = min(_SECONDS, self.ends - time.monotonic())
        if lifetime <= 0 or not self.left:
            raise NotAnswered
        self.left -= 1
        try:
            return dns.resolver.resolve(name, kind, lifetime=lifetime, search=False)
        except dns.resolver.NoAnswer:
            return ()
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.EmptyLabel):
            return None
        except (dns.exception.DNSException, UnicodeError, OSError) as error:
            raise NotAnswered from error
