"""What the pages of signing in show."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SignInPage:
    """E-mail and password."""

    email: str = ""
    next: str = ""
    error: str = ""
    wait: int = 0


@dataclass(frozen=True, slots=True)
class CodePage:
    """A code is asked for: of the app, of the mailbox, or a recovery code."""

    error: str = ""
    wait: int = 0
    usable: bool = True
    required: bool = False
    many: bool = False
    email: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class CodesPage:
    """Recovery codes, to be saved."""

    codes: list[str]
    error: str = ""


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """A new password is asked for."""

    action: str
    minimum: int
    error: str = ""
    why: str = ""
    full_name: str = ""
    email: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class ProvePage:
    """A fresh proof: a code of the app or, without one, the password."""

    by_code: bool
    next: str
    error: str = ""
    wait: int = 0


@dataclass(frozen=True, slots=True)
class ContinuePage:
    """A form that waited for its proof, to be sent on."""

    action: str
    fields: tuple[tuple[str, str], ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class LinkPage:
    """A mailed link that was opened."""

    error: str = ""
    new_email: str = ""
    old_email: str = ""
    from_old: bool = False
    waits: bool = False
    by_colleague: bool = False
