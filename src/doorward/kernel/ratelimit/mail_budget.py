"""How many mails somebody may cause to be sent: in an hour, and in a day (docs/decisions/0057-mail-budgets.md).

A mail that tells somebody of their own security is in no budget: it is never left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from doorward.kernel.ratelimit.rules import Window

HOUR: Final = 3600
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Budget:
    """So many mails in an hour, and so many in a day."""

    in_hour: int
    in_day: int

    @property
    def hour(self) -> Window:
        """The hour's part."""
        return Window(self.in_hour, HOUR)

    @property
    def day(self) -> Window:
        """The day's part."""
        return Window(self.in_day, DAY)


# To one mailbox, by people who are signed in: invitations, password links, confirmations of an e-mail.
RECEIVER: Final = Budget(5, 20)
# By one person to whoever: somebody who adds two hundred colleagues in a day is not stopped.
PERSON: Final = Budget(250, 600)
# By all people of one customer.
CUSTOMER: Final = Budget(500, 2000)
# To confirm another e-mail of one's own: nobody has more than a few.
OWN_EMAIL: Final = Budget(5, 10)
# To one mailbox, by strangers who say that they forgot its password. A budget of its own: whatever strangers
# do, a colleague can help.
ASKED: Final = Budget(5, 20)
# Of one kind of mail that tells of one's security, to one mailbox: the next one waits for the end of the hour and
# says how often the same happened meanwhile.
SAME: Final = Window(10, HOUR)
# Codes that verify a mailbox, to whoever knows the password.
MAILBOX_CODE: Final = Budget(10, 40)
