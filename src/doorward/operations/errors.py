"""What is refused of taking a customer's data along: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class HistoryUnreadable(Refusal):
    """Somebody changed a row of history so that it cannot even be read."""

    sentence = _(
        "The history was changed so that it cannot be read. Whoever runs the portal finds out where with "
        "“doorward history verify”."
    )


class NotInBackup(Refusal):
    """The backup has no such customer."""

    sentence = _("There is no customer of that name in the backup.")


class BackupElsewhere(Refusal):
    """Its history is not this one's, at an earlier time."""

    sentence = _(
        "The backup is of another installation, or newer than this one: its history does not go on here."
    )


class BackupOfAnotherRelease(Refusal):
    """Its tables are not those of this release."""

    sentence = _(
        "The backup was made by another release of Doorward. Put it into an empty place, let this release bring it "
        "up to date there, and use a backup of that."
    )


class CustomerIsThere(Refusal):
    """It, or another one of its name, is there."""

    sentence = _(
        "A customer of that name is here, or the same one under another name. It is brought back only where it was "
        "deleted for good."
    )


class AddressesTaken(Refusal):
    """So many of its people's addresses are somebody else's by now."""

    sentence = _(
        "E-mail addresses of its people belong to others here by now: %(count)s, such as %(email)s."
    )


class BrandGone(Refusal):
    """Its brand is not there any more."""

    sentence = _("The customer's brand is not here any more.")


class KeysGone(Refusal):
    """What it has sealed does not open."""

    sentence = _(
        "What is sealed in the backup does not open with this installation's keys. Nothing was brought back."
    )
