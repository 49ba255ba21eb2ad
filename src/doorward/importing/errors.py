"""What is refused of an import: each refusal with its sentence, declared once."""

from __future__ import annotations

from doorward.kernel.errors import Refusal, _


class FileUnreadable(Refusal):
    """Neither CSV nor XLSX, or damaged."""

    sentence = _("This file cannot be read. Save it as CSV (UTF-8) or as XLSX, and try again.")
    field = "file"


class FileTooLarge(Refusal):
    """More bytes than `maximum` MB, also when unpacked."""

    sentence = _("This file is too large. Use at most %(maximum)s MB, and split it if need be.")
    field = "file"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class SpreadsheetBusy(Refusal):
    """Another spreadsheet is being read by this process."""

    sentence = _("Another spreadsheet is being read. Try again in a moment, or save it as CSV.")
    field = "file"


class TooManyLines(Refusal):
    """More lines than `maximum`."""

    sentence = _("This file has more than %(maximum)s lines. Split it.")
    field = "file"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class TooManyColumns(Refusal):
    """More columns than `maximum`."""

    sentence = _("This file has more than %(maximum)s columns. Delete those that are not needed.")
    field = "file"

    def __init__(self, maximum: int) -> None:
        super().__init__(maximum=maximum)


class NothingInFile(Refusal):
    """No line beside the first one."""

    sentence = _("This file has no lines below its headings.")
    field = "file"


class ColumnMissing(Refusal):
    """No column of that name: without `column` nothing can be imported."""

    sentence = _(
        "No column is named %(column)s. The first line must have the names of the columns."
    )
    field = "file"

    def __init__(self, column: str) -> None:
        super().__init__(column=column)


class ColumnTwice(Refusal):
    """Two columns that are understood as the same one."""

    sentence = _("Two columns are both understood as %(column)s. Rename one of them.")
    field = "file"

    def __init__(self, column: str) -> None:
        super().__init__(column=column)


class LineMisshapen(Refusal):
    """More cells than there are columns, or a cell without end."""

    sentence = _("This line has more cells than there are columns, or a cell that is too long.")
    reason = _("the line does not fit the columns")


class CellWithError(Refusal):
    """A spreadsheet shows an error where a value should be; `shown` is what it says."""

    sentence = _("Your spreadsheet shows %(shown)s here. Correct the formula, or type the value.")
    reason = _("a cell shows an error of the spreadsheet")

    def __init__(self, shown: str) -> None:
        super().__init__(shown=shown)


class LineTwice(Refusal):
    """An earlier line of the file is about the same one."""

    sentence = _("Line %(line)s already has this entry.")
    reason = _("an earlier line already has this entry")

    def __init__(self, line: int) -> None:
        super().__init__(line=line)


class YesOrNo(Refusal):
    """Neither yes nor no."""

    sentence = _("Write yes or no.")


class StatusUnknown(Refusal):
    """A status that nobody can be imported with."""

    sentence = _("Write active or suspended, or nothing.")
    field = "status"


class NoSuchCustomer(Refusal):
    """There is no customer of that name, or none that whoever imports may see."""

    sentence = _("There is no customer named %(name)s. Add it first.")
    field = "customer"

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class CustomerMissing(Refusal):
    """Nobody said into which customer this person goes."""

    sentence = _("This line names no customer.")
    field = "customer"


class NoSuchBrand(Refusal):
    """There is no brand of that name."""

    sentence = _("There is no brand of this name.")
    field = "brand"


class BrandDiffers(Refusal):
    """The customer is there, with another brand; moving it breaks links and passkeys, and is asked about."""

    sentence = _(
        "This customer has another brand. Move it on its page, which says what that breaks."
    )
    field = "brand"


class EmailUsed(Refusal):
    """Another customer's person has this e-mail; nothing says whose."""

    sentence = _("This e-mail is already used.")
    field = "email"


class NotYoursToChange(Refusal):
    """The person is there already, with other data, and whoever imports may not change people there."""

    sentence = _(
        "This person is already there, and only administrators of their own customer change what is different."
    )


class CredentialsKept(Refusal):
    """The person was there before: nobody's password or devices are replaced by an import."""

    sentence = _("This person was already there. Their password and devices stay as they are.")


class FactorLost(Refusal):
    """A second factor that cannot be taken over: two factors are required of the person instead."""

    sentence = _(
        "A device cannot be taken over (%(what)s). Two-factor sign-in is required of this person, who sets up a new "
        "one."
    )

    def __init__(self, what: str) -> None:
        super().__init__(what=what)


class PartLost(Refusal):
    """Something else of the old system that has no place here."""

    sentence = _("Not taken over: %(what)s.")

    def __init__(self, what: str) -> None:
        super().__init__(what=what)


class SourceUnreadable(Refusal):
    """This is no export of that system."""

    sentence = _("This is not an export of %(system)s that can be read.")

    def __init__(self, system: str) -> None:
        super().__init__(system=system)


class ImportForgotten(Refusal):
    """Nobody went on with it within a day, and its lines are no longer kept."""

    sentence = _("The file of this import is no longer kept. Choose it once more.")
    reason = _("the file was no longer kept")


class FileMissing(Refusal):
    """No file was chosen."""

    sentence = _("Choose a file.")
    field = "file"


class NotInScope(Refusal):
    """Whoever is there for a part of the customers has to say into which one people are imported."""

    sentence = _("Choose one of your customers.")
    field = "customer"


class SourceUnreachable(Refusal):
    """The database of that system is not there, or lets nobody in."""

    sentence = _("The database cannot be reached. Look at its address, its user and its password.")


class CodesLost(Refusal):
    """Recovery codes, which are kept there in another way than here."""

    sentence = _("Recovery codes are not taken over. The person can make new ones here.")


class SecretSealed(Refusal):
    """A second factor whose secret is encrypted by a key that is not in the file."""

    sentence = _(
        "A device cannot be taken over, because its secret is encrypted and the key is not in this file. Two-factor "
        "sign-in is required of this person, who sets up a new one."
    )


class BelongsToNobody(Refusal):
    """A device that is nobody's, or of somebody who is not in the file."""

    sentence = _("This device belongs to nobody, so it is not taken over.")
    reason = _("it belongs to nobody")


class OtherFormat(SourceUnreadable):
    """The token export of a privacyIDEA in another of its formats, or something else."""

    sentence = _(
        "Only a token export that was made with --format pi can be read. PSKC does not say whose a device is."
    )


class KeyNeeded(Refusal):
    """The export is encrypted, and nobody gave its key."""

    sentence = _("This export is encrypted. Give the key that was shown when it was made, too.")


class KeyWrong(Refusal):
    """The export is encrypted with another key."""

    sentence = _("This key does not open the export.")


class NobodyHere(Refusal):
    """The label of an account is the e-mail of nobody at this customer, or of somebody else than who is meant."""

    sentence = _("Nobody for whom accounts are imported has this e-mail.")
    field = "email"


class OtherIssuer(Refusal):
    """The account is not of the issuer that was named."""

    sentence = _("This account is of another issuer.")


class IssuersDiffer(Refusal):
    """One e-mail has accounts of several issuers, and which one the old portal was, nobody said."""

    sentence = _(
        "This e-mail has accounts of several issuers. Name the one that is meant (--issuer)."
    )


class NoCodeInPicture(Refusal):
    """No QR code of an authenticator app is found in a picture."""

    sentence = _(
        "No QR code of an authenticator app is found in this image. Take a sharper one, with all of the code in it."
    )
    field = "file"


class CodeMissing(Refusal):
    """An export is in `size` codes that belong together; these of them are not there."""

    sentence = _(
        "This export has %(size)s QR codes, and these are missing: %(missing)s. Give all of them at once."
    )
    field = "file"

    def __init__(self, size: int, missing: str) -> None:
        super().__init__(size=size, missing=missing)


class CodesDiffer(Refusal):
    """Two codes say that they are the same one of an export, and have different accounts."""

    sentence = _("Two different codes are both number %(number)s of the same export.")
    field = "file"

    def __init__(self, number: int) -> None:
        super().__init__(number=number)
