"""The forms of signing in. What several steps share stands in `web/kit/passkeys.py` and `web/kit/setup.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordForm:
    """E-mail and password, and where to go on to."""

    email: str
    password: str
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAloneForm:
    """A passkey in place of both."""

    credential: str
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCodeForm:
    """A recovery code, or the code that was mailed."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendForm:
    """A new code by mail is wanted."""

    resend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForm:
    """To wait is asked for."""

    ask: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNowForm:
    """What is asked for is put off."""

    later: str
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedForm:
    """The recovery codes of this set are saved."""

    saved: bool
    set: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasswordForm:
    """A new password."""

    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMemberForm:
    """The first of the provider's people."""

    email: str
    first_name: str
    last_name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgotForm:
    """Whose password is forgotten."""

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkForm:
    """What else a mailed link can be asked for: another invitation, or to stop a change of e-mail."""

    ask: bool
    stop: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPasswordForm:
    """The password as reauthentication."""

    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingForm:
    """Where reauthentication leads to, and by which factor it may not be: the one that is to be removed."""

    next: str = ""
    without: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockForm:
    """Two codes in a row."""

    first: str
    second: str
