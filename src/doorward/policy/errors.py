"""What is refused of policies: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class NumberOutOfRange(Refusal):
    """Not a whole number from `minimum` to `maximum`."""

    sentence = _("Type a whole number from %(minimum)s to %(maximum)s.")

    def __init__(self, minimum: int, maximum: int) -> None:
        super().__init__(minimum=minimum, maximum=maximum)


class GraceIsOver(Refusal):
    """The day of what is required has come; a later one would give grace again."""

    sentence = _("The grace period is over and is not given again. Leave the day empty.")


class DayInvalid(Refusal):
    """This is no date."""

    sentence = _("Type a date like 2026-03-31.")


class UnknownField(Refusal):
    """No field of a policy has this name."""

    sentence = _("A policy has no such field.")


class TabsMissing(Refusal):
    """Two factors are required of whoever may use certain tabs, and none was chosen."""

    sentence = _("Choose at least one tab.")


class PolicyChanged(Refusal):
    """Somebody else saved another version in the meantime."""

    sentence = _(
        "Somebody changed the policy in the meantime. Look at it as it is now, then save again."
    )


class AlreadyInForce(Refusal):
    """The version holds already; only one that is planned can be changed or taken back."""

    sentence = _("This version has taken effect and cannot be taken back. Save a new one instead.")


class StaffNeedTwoFactors(Refusal):
    """Two factors are required of the provider's own people, at once and for good."""

    sentence = _(
        "The provider's own people sign in with two factors. This cannot be lowered for them."
    )
    reason = _("the provider's own people sign in with two factors")


class StartsTooLate(Refusal):
    """A version is planned for more than a year from now."""

    sentence = _("Choose a day within the next year.")


class StricterAlready(Refusal):
    """The provider requires more than this, so that it would change nothing."""

    sentence = _("The provider requires more than this. Choose something stricter.")


class FileInvalid(Refusal):
    """This is no file of a policy."""

    sentence = _("The file cannot be read: %(what)s.")


class NothingWaits(Refusal):
    """No wave of the policy waits."""

    sentence = _("No wave is waiting any more.")
