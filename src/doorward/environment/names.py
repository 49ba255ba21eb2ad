"""How settings are called, and what is said of a wrong one."""

from typing import Final

PREFIX: Final = "DOORWARD_"
CONFIG: Final = "DOORWARD_CONFIG"


class WrongSetting(Exception):
    """A setting that cannot be used; the message is one sentence that names it."""
