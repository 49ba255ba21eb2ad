"""What the pages of signing in show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doorward.web.kit.forms import NOTHING, Wrong

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from doorward.recovery.queries import Ways
    from doorward.web.signin.forms import FirstMemberForm


@dataclass(frozen=True, slots=True)
class SignInPage:
    """E-mail and password."""

    email: str = ""
    next: str = ""
    wrong: Wrong = NOTHING
    passkeys: bool = False
    # What the browser may be told of a passkey that is not there any more (JSON).
    signal: str = ""
    # Where the portal of somebody is who is right, and at another brand's host.
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class CodePage:
    """A code is asked for: of the app, of the mailbox, or a recovery code.

    `usable`: an app serves; `passkeys`: a passkey does; `elsewhere`: the address at which one would; `helpless`: none
    does anywhere, and there is no recovery code either.
    """

    wrong: Wrong = NOTHING
    usable: bool = True
    many: bool = False
    passkeys: bool = False
    elsewhere: str = ""
    helpless: bool = False
    # Devices were said to be lost; `found`: one can still be taken back.
    suspended: bool = False
    found: bool = False
    email: str = ""
    next: str = ""
    # For how many days this browser may be trusted (0: not at all), and whether that was ticked.
    trust_days: int = 0
    trust: bool = False


@dataclass(frozen=True, slots=True)
class TakeBackPage:
    """A suspended device is asked for. `names`: what they are called; empty: none can be taken back."""

    apps: bool
    passkeys: bool
    names: list[str]
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class HelpMePage:
    """Somebody cannot go on. `ways`: of whoever is at the second step."""

    step: str
    ways: Ways | None


@dataclass(frozen=True, slots=True)
class WaitPage:
    """Waiting instead of help. `until`: it was asked for, and is over then; `impossible`: why it cannot be.

    `sent`: a code for the mailbox was, and is asked for.
    """

    hours: int
    verified: bool
    sent: bool
    until: datetime | None
    email: str
    impossible: str = ""
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class PassPage:
    """A set-up pass is asked for."""

    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class VetoPage:
    """Help can be refused by a mailed link: asked for `by` whom, and when. `done`: it was.

    `waits`: nobody is helped, the person waits; `suspended`: the devices are by now; `back`: a new device is set up
    already, so that everything ends by it.
    """

    email: str = ""
    by: str = ""
    at: datetime | None = None
    waits: bool = False
    suspended: bool = False
    back: bool = False
    done: bool = False


@dataclass(frozen=True, slots=True)
class ClockPage:
    """The clock doctor: two codes in a row are asked for. `told`: how far the clock is off; `right`: it is not.

    `back` is the page on which a code was not accepted.
    """

    action: str
    back: str
    values: dict[str, str] = field(default_factory=dict)
    off: str = ""
    right: bool = False
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class CodesPage:
    """Recovery codes, to be saved."""

    codes: list[str]
    set_id: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class PasswordPage:
    """A new password is asked for."""

    action: str
    minimum: int
    wrong: Wrong = NOTHING
    full_name: str = ""
    email: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The first of the provider's people is asked for."""

    typed: FirstMemberForm
    minimum: int
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class ReauthenticationPage:
    """A reauthentication: by a factor (a passkey, an app) or, without one, by the password.

    `without`: the factor that does not serve, since it is the one to be removed. `clock`: where the
    phone's clock is looked at. `step`: a step of signing in asks for it, `may_put_off`: one that may wait.
    """

    by_factor: bool
    next: str
    clock: str
    email: str
    step: bool = False
    may_put_off: bool = False
    apps: bool = False
    passkeys: bool = False
    without: str = ""
    wrong: Wrong = NOTHING


@dataclass(frozen=True, slots=True)
class ContinuePage:
    """A form that waited for its proof, to be sent on.

    `unsent`: for somebody to sign in again; `lines`: what they typed, as they read it.
    """

    action: str
    fields: tuple[tuple[str, str], ...] = field(default_factory=tuple)
    unsent: bool = False
    lines: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class LinkPage:
    """A mailed link that was opened. `why`: for what it does not work, by the code of the refusal."""

    error: str = ""
    why: str = ""
    # Of an invitation: nobody has a password yet.
    invited: bool = False
    # Of a first start.
    first: bool = False
    asked_at: datetime | None = None
    new_email: str = ""
    old_email: str = ""
    from_old: bool = False
    waits: bool = False
    by_colleague: bool = False
    # Of a second address for notifications; `name`: whose.
    second: bool = False
    name: str = ""
