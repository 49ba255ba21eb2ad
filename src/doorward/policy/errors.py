"""What is refused of policies: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class NumberOutOfRange(Refusal):
    """Not a whole number from `minimum` to `maximum`."""

    sentence = _("Type a whole number from %(minimum)s to %(maximum)s.")

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__(minimum=minimum, maximum=maximum)


class GraceIsOver(Refusal):
    """The time of grace has ended; more days would open it again."""

    sentence = _("The grace period is over and is not given again. Enter no more days than before.")
    field = "grace_days"
