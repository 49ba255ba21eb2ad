"""What is refused of evidence packs: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class PeriodBackwards(Refusal):
    """The last day is before the first one."""

    sentence = _("The last day cannot be before the first one.")
    field = "last_day"


class PeriodInFuture(Refusal):
    """The last day is still to come."""

    sentence = _("Choose a last day that has begun: nothing is known of a later one.")
    field = "last_day"


class PeriodTooLong(Refusal):
    """The period has more days than `days`."""

    sentence = _("Choose a period of at most %(days)s days.")
    field = "last_day"
