"""What an authenticator app exports: `otpauth-migration://` texts, and pictures of their QR codes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from doorward.credentials.errors import SecretInvalid
from doorward.credentials.taking_over import MOST_DEVICES
from doorward.credentials.totp import foreign
from doorward.importing.errors import (
    CodeMissing,
    CodesDiffer,
    IssuersDiffer,
    NobodyHere,
    NoCodeInPicture,
    OtherIssuer,
    PartLost,
    TooManyLines,
)
from doorward.importing.other_system import address, left, must_fit, word
from doorward.importing.rules import Device, PersonLine
from doorward.kernel.picture_decoding import Bounds, decoded
from doorward.kernel.text.cleaning import fold_case, fold_email

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from doorward.credentials.totp.foreign import Export, Exported
    from doorward.importing.rules import LineOutcome
    from doorward.kernel.errors import Refusal

# What a phone's camera makes, and more than its screen has.
BOUNDS: Final = Bounds(side=8000, pixels=16_000_000)
MOST_CODES: Final = 1000
_TEXT: Final = b"otpauth"
_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose accounts are taken: by their labels, or those of `person`; of one `issuer`; `domain`: as for a name."""

    person: str = ""
    issuer: str = ""
    domain: str = ""


@dataclass(slots=True)
class _Apps:
    """What one person has: the number of the first account, and each with the name of its app."""

    number: int
    accounts: list[Exported] = field(default_factory=list)

    @property
    def issuers(self) -> set[str]:
        return {fold_case(one.issuer) for one in self.accounts}


def read(file: bytes) -> list[Export]:
    """Return what each code of a file says: a text has one a line, a picture shows some.

    Raises `SecretInvalid`, `NoCodeInPicture`, `TooManyLines`, `FileTooLarge`, or a `PictureRefused`.
    """
    texts = _texts(file)
    if len(texts) > MOST_CODES:
        raise TooManyLines(MOST_CODES)
    return [foreign.export(text) for text in texts]


def accounts(exports: Iterable[Export]) -> Iterator[Exported]:
    """Return what all these codes have together, each account once. Raises `CodeMissing` and `CodesDiffer`."""
    seen: set[Exported] = set()
    for one in (one for export in _whole(exports) for one in export.accounts):
        if one.refused or one not in seen:
            yield one
        seen.add(one)


def people(found: Iterable[Exported], whose: Whose) -> Iterator[PersonLine | LineOutcome]:
    """Return who has these accounts, numbered by the first one of each, and what is said of the others."""
    apps: dict[str, _Apps] = {}
    for number, one in enumerate(found, start=1):
        email, why = _judged(one, whose)
        if why is not None:
            yield left(number, _called(one), why)
        else:
            apps.setdefault(fold_email(email), _Apps(number)).accounts.append(one)
    for email, several in apps.items():
        if len(several.issuers) > 1:
            yield left(several.number, email, IssuersDiffer())
        else:
            yield _line(email, several)


def _judged(one: Exported, whose: Whose) -> tuple[str, Refusal | None]:
    """Return whose an account is, or why it is not taken."""
    if whose.issuer and fold_case(one.issuer) != fold_case(whose.issuer):
        return "", OtherIssuer()
    email = address(one.account, whose.domain)
    if whose.person and ("@" not in email or fold_email(email) == fold_email(whose.person)):
        email = whose.person
    elif whose.person or "@" not in email:
        return "", NobodyHere()
    return email, one.refused


def _line(email: str, apps: _Apps) -> PersonLine:
    taken = apps.accounts[:MOST_DEVICES]
    return PersonLine(
        number=apps.number,
        email=email,
        devices=tuple(Device(secret=one.secret, name=word(one.issuer)) for one in taken),
        notes=tuple(PartLost(word(_called(one))) for one in apps.accounts[MOST_DEVICES:]),
    )


def _called(one: Exported) -> str:
    return ": ".join(filter(None, (one.issuer, one.account))) or "?"


def _texts(file: bytes) -> list[str]:
    """Return what a file says, line by line, or what the QR codes in it say."""
    must_fit(file)
    plain = file.removeprefix(_MARK).strip()
    if not plain[: len(_TEXT)].lower().startswith(_TEXT):
        return _in_picture(file)
    try:
        return [line for line in plain.decode().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise SecretInvalid from error


def _in_picture(file: bytes) -> list[str]:
    import zxingcpp  # noqa: PLC0415 - it is rarely wanted
    from PIL import Image  # noqa: PLC0415

    image = decoded(file, BOUNDS)
    # What can be seen through is seen on white.
    paper = Image.new("L", image.size, 255)
    paper.paste(image.convert("L"), mask=image.getchannel("A"))
    read = zxingcpp.read_barcodes(paper, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    texts = [one.text for one in read if one.text.casefold().startswith(_TEXT.decode())]
    if not texts:
        raise NoCodeInPicture
    return texts


def _whole(exports: Iterable[Export]) -> list[Export]:
    """Return the codes in their order, each once. Raises `CodeMissing` and `CodesDiffer`."""
    batches: dict[object, dict[int, Export]] = defaultdict(dict)
    for export in exports:
        # A code that stands alone belongs to no other one.
        batch = batches[(export.batch, export.size) if export.size > 1 else export]
        if batch.setdefault(export.index, export) != export:
            raise CodesDiffer(export.index + 1)
    for batch in batches.values():
        size = next(iter(batch.values())).size
        if missing := sorted(set(range(size)) - set(batch)):
            raise CodeMissing(size, ", ".join(str(one + 1) for one in missing))
    return [batch[index] for batch in batches.values() for index in sorted(batch)]
