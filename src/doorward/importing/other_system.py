"""What another system has of somebody: what can be taken over, and a word on each thing that stays behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from doorward.credentials.totp import foreign
from doorward.credentials.totp.rules import STEP_SECONDS, WINDOW
from doorward.importing.errors import (
    BelongsToNobody,
    CodesLost,
    FactorLost,
    FileTooLarge,
    PartLost,
    SecretSealed,
    SourceUnreadable,
)
from doorward.importing.reading_files import MOST_BYTES
from doorward.importing.rules import Device, Fate, LineOutcome, PersonLine
from doorward.kernel.errors import Refusal
from doorward.kernel.text.cleaning import storable

if TYPE_CHECKING:
    from collections.abc import Callable

# As much as anybody has, and as much of a word as anybody reads.
_MOST_NOTES: Final = 20
_LONGEST_WORD: Final = 80

# What comes of reading something that is not as it should be.
ODD: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


@dataclass(slots=True)
class Found:
    """One person of another system, as it is put together."""

    password: str = ""
    devices: list[Device] = field(default_factory=list)
    notes: list[Refusal] = field(default_factory=list)
    factor_lost: bool = False
    codes_lost: bool = False
    unsaid: int = 0

    def take(self, read: Callable[[], bytes], *, name: str, kind: str) -> None:
        """Take over an app whose secret `read` returns, or say why it stays behind. `kind`: what it is, if odd."""
        try:
            device = Device(secret=foreign.checked(read()), name=name)
        except Refusal as refusal:
            self.lose(refusal)
        except ODD:
            self.lose(FactorLost(word(kind)))
        else:
            if any(one.secret == device.secret for one in self.devices):
                self.part(f"{kind}, twice")
            else:
                self.devices.append(device)

    def lose(self, why: Refusal) -> None:
        """Leave a second factor behind: the password alone is then not enough."""
        self.factor_lost = True
        self._note(why)

    def factor(self, kind: str) -> None:
        """Leave a second factor behind that is of another kind."""
        self.lose(FactorLost(word(kind)))

    def sealed(self) -> None:
        """Leave a second factor behind whose secret is encrypted."""
        self.lose(SecretSealed())

    def codes(self) -> None:
        """Leave recovery codes behind."""
        self.codes_lost = True
        self._note(CodesLost())

    def part(self, what: str) -> None:
        """Leave something behind that lets nobody in."""
        self._note(PartLost(word(what)))

    def no_password(self, why: Refusal) -> None:
        """Leave a password behind."""
        self._note(why)

    def line(self, number: int, email: str, **more: Any) -> PersonLine:  # noqa: ANN401 - a line's own
        """Return the person."""
        more_lost = (PartLost(f"+ {self.unsaid}"),) if self.unsaid else ()
        return PersonLine(
            number=number,
            email=email,
            called=email.partition("@")[0],
            password=self.password,
            devices=tuple(self.devices),
            notes=(*self.notes, *more_lost),
            # Codes alone were a second factor, too.
            lost_factor=self.factor_lost or (self.codes_lost and not self.devices),
            **more,
        )

    def _note(self, why: Refusal) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(why)
        else:
            self.unsaid += 1


def must_be_on_time(seconds: float) -> None:
    """Let on a device whose clock is as right as codes have to be. Raises `FactorLost`."""
    if abs(seconds) > max(WINDOW) * STEP_SECONDS:
        raise FactorLost(f"clock {seconds:+.0f} s")


def address(name: str, domain: str) -> str:
    """Return the e-mail of somebody by the name that they sign in with; `domain`: of names without one."""
    plain = name.strip()
    return f"{plain}@{domain}" if plain and domain and "@" not in plain else plain


def nobodys(number: int, what: str) -> LineOutcome:
    """Return what comes of a device that is nobody's."""
    return left(number, what, BelongsToNobody())


def left(number: int, what: str, why: Refusal) -> LineOutcome:
    """Return what comes of something that is no person."""
    return LineOutcome(number=number, key=word(what), fate=Fate.REFUSED, refusal=why)


def must_fit(file: bytes | str) -> None:
    """Raise `FileTooLarge` for more than is read of a file."""
    if len(file) > MOST_BYTES:
        raise FileTooLarge(MOST_BYTES // 1_000_000)


def parsed(file: bytes | str, system: str) -> Any:  # noqa: ANN401 - whatever stands there
    """Return what JSON says. Raises `SourceUnreadable`, `FileTooLarge`."""
    must_fit(file)
    try:
        return json.loads(file)
    except (ValueError, RecursionError) as error:
        raise SourceUnreadable(system) from error


def objects(found: object, system: str) -> list[dict[str, Any]]:
    """Return a list of objects. Raises `SourceUnreadable` where it is something else."""
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SourceUnreadable(system)
    return found


def text(values: dict[str, Any], name: str) -> str:
    """Return what stands there where it is text, or ''."""
    found = values.get(name)
    return found if isinstance(found, str) else ""


def word(what: str) -> str:
    """Return as much of what a file says as a sentence has room for."""
    return storable(what)[:_LONGEST_WORD]
