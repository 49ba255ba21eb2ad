"""The mail that has arrived so far, as its readers have it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.notifications.mails import part, read

if TYPE_CHECKING:
    from tests.notifications.servers import Box


@dataclass(frozen=True, slots=True)
class Postman:
    """Looks through what a mail server got; readers open only their own."""

    box: Box

    def find(self, pattern: str, *, to: str) -> str:
        """Return what a pattern finds in the newest mail to somebody that has it; empty: none has."""
        for envelope in reversed(list(self.box.envelopes)):
            if envelope.rcpt_tos == [to]:
                found = re.search(pattern, part(read(envelope.content), "plain"))
                if found:
                    return found[1]
        return ""

    def received(self) -> set[tuple[str, str]]:
        """Return the Message-ID and the receiver of each mail, duplicates once."""
        found = set()
        for envelope in self.box.envelopes:
            headers = envelope.content.partition(b"\r\n\r\n")[0].decode()
            number = re.search(r"(?mi)^Message-ID:\s*(<[^>]+>)", headers)
            assert number, headers
            found.add((number[1], *envelope.rcpt_tos))
        return found
