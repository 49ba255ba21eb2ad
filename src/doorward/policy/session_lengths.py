"""How long a session lasts, in all and idle: until a policy says something else, and between which bounds it may.

NIST SP 800-63B-4, 2.2.3 (AAL2): 24 h in all, 1 h idle. The lower bounds keep a slip from shutting everybody out. When a
session is over by these, `sessions/rules.py` says.
"""

from __future__ import annotations

from typing import Final

HOUR: Final = 3600
MINUTE: Final = 60

HOURS: Final = 12
SHORTEST_HOURS: Final = 1
LONGEST_HOURS: Final = 24
LONGEST_SECONDS: Final = LONGEST_HOURS * HOUR

IDLE_MINUTES: Final = 30
SHORTEST_IDLE_MINUTES: Final = 5
LONGEST_IDLE_MINUTES: Final = 60
