"""Every way of showing a proof to a page: how one gets there, and what a right and a wrong one look like."""

from __future__ import annotations

import json
import re
from base64 import b32decode
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials import sealed, suspension
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.kernel.crypto import sealing
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from tests.kit import browsers, passkeys, policies
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people
from tests.kit.passkeys import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.kit.softkey import SoftKey

Form = dict[str, Any]
HOST = ORIGIN.removeprefix("http://")
WRONG_CODE, WRONG_MAILED, WRONG_PASSWORD = "000000", "00000000", "not the password at all"


@dataclass
class Person:
    """Somebody who shows proofs, with all that they have to show."""

    row: Administrator
    browser: Client = field(default_factory=lambda: Client(HTTP_HOST=HOST))
    key: SoftKey | None = None
    codes: list[str] = field(default_factory=list)

    def post(self, path: str, form: Form) -> Any:
        return self.browser.post(path, form)


@dataclass(frozen=True)
class Way:
    """One form that takes a proof: `reaches` is the function that looks at it.

    `used_up`: too many wrong ones end the proof itself, so that a right one is refused, not delayed.
    `accepts`: a right one opens something; else it is looked at, counted, and answered like a wrong one.
    """

    route: str
    reaches: str
    arrive: Callable[[Person], None]
    right: Callable[[Person], Form]
    wrong: Callable[[Person], Form]
    used_up: bool = False
    accepts: bool = True

    @property
    def of_address(self) -> bool:
        """Whether a wrong one is a failed sign-in, which counts for its address."""
        if self.reaches == SIGN_IN:
            return True
        return self.route.startswith("sign-in/") and self.reaches != SET_UP

    @property
    def path(self) -> str:
        return f"/{self.route}"

    def __str__(self) -> str:
        return f"{self.route} {self.reaches.rpartition('.')[0].rpartition('.')[2]}"


# --- how one gets there ---------------------------------------------------------------------------


def nowhere(person: Person) -> None:
    """Need nothing but an account."""


def with_passkey(person: Person) -> None:
    person.key = passkeys.add(person.row)


def password_was_right(person: Person) -> None:
    form = {"email": person.row.email, "password": kit_people.PASSWORD, "next": ""}
    assert person.post("/sign-in/", form).status_code == 303


def at_second_step(person: Person) -> None:
    kit_codes.enable_app(person.row)
    password_was_right(person)


def at_second_step_with_passkey(person: Person) -> None:
    with_passkey(person)
    password_was_right(person)


def with_lost_app(person: Person) -> None:
    kit_codes.enable_app(person.row)
    lose(person)


def with_lost_passkey(person: Person) -> None:
    with_passkey(person)
    lose(person)


def lose(person: Person) -> None:
    suspension.suspend(person.row.id, now=timezone.now())
    password_was_right(person)


def about_to_wait(person: Person) -> None:
    policies.ask(person.row.customer_id, recovery_wait_hours=24)
    kit_codes.enable_app(person.row)
    Factor.objects.update(locked_at=timezone.now())
    password_was_right(person)
    assert person.post("/sign-in/help/wait/", {"resend": "on"}).status_code == 303


def at_recovery(person: Person) -> None:
    kit_codes.enable_app(person.row)
    recovery_codes.make(person.row, now=timezone.now())
    person.codes = recovery_codes.unsaved(person.row.id)
    recovery_codes.confirm_saved(
        administrator_id=person.row.id, actor=kit_people.actor(person.row), now=timezone.now()
    )
    password_was_right(person)


def at_mailbox(person: Person) -> None:
    people = Administrator.objects.of(person.row.customer_id)
    people.filter(id=person.row.id).update(require_2fa=True)
    password_was_right(person)
    assert person.browser.get("/sign-in/mailbox/").status_code == 200


def at_forced_set_up(person: Person) -> None:
    at_mailbox(person)
    assert person.post("/sign-in/mailbox/", mailed_code(person)).status_code == 303


def signed_in(person: Person) -> None:
    browsers.sign_in(person.browser, person.row)
    assert person.browser.get("/security/").status_code == 200


def signed_in_with_app(person: Person) -> None:
    kit_codes.enable_app(person.row)
    signed_in(person)


def trying_new_app(person: Person) -> None:
    old_phone(person)
    kit_codes.enable_app(person.row, name="New")


def trying_new_passkey(person: Person) -> None:
    old_phone(person)
    person.key = passkeys.add(person.row, name="New")


def old_phone(person: Person) -> None:
    signed_in_with_app(person)
    Factor.objects.update(confirmed_at=timezone.now() - timedelta(days=400))


def shown(page: str, first: Callable[[Person], None]) -> Callable[[Person], None]:
    def arrive(person: Person) -> None:
        first(person)
        assert person.browser.get(page).status_code == 200

    return arrive


def signed_in_with_passkey(person: Person) -> None:
    with_passkey(person)
    assert person.post("/sign-in/", asserted("/sign-in/passkey/")(person)).status_code == 303
    assert person.browser.get("/security/").status_code == 200


# --- what one shows -------------------------------------------------------------------------------


def typed(name: str, value: str) -> Callable[[Person], Form]:
    return lambda _person: {name: value}


def app_code(person: Person) -> Form:
    return {"code": kit_codes.next_code(person.row)}


def two_codes(person: Person) -> Form:
    factor = Factor.objects.get(administrator=person.row)
    secret = sealing.open_sealed(factor.sealed or b"", **sealed.of_factor(factor.id))
    return {"first": kit_codes.code(secret, offset=-1), "second": kit_codes.code(secret)}


def with_new_device(give: Callable[[Person], Form]) -> Callable[[Person], Form]:
    return lambda person: give(person) | {"device": str(Factor.objects.get(name="New").id)}


def new_app_code(person: Person) -> Form:
    return {"code": kit_codes.next_code(person.row, name="New")}


def shown_code(page: str) -> Callable[[Person], Form]:
    def give(person: Person) -> Form:
        shown = person.browser.get(page).content.decode()
        found = re.search(r'id="manual-code">([^<]+)<', shown)
        assert found, shown
        return {"code": kit_codes.code(b32decode(found.group(1).replace(" ", ""))), "name": "Phone"}

    return give


def mailed_code(_person: Person) -> Form:
    return {"code": mailbox.code_of(MailboxProof.objects.latest("created_at"))}


def recovery_code(person: Person) -> Form:
    return {"code": person.codes[0]}


def email_and(password: str) -> Callable[[Person], Form]:
    return lambda person: {"email": person.row.email, "password": password, "next": ""}


def new_password(current: str) -> Callable[[Person], Form]:
    return typed_all({"current": current, "password": kit_people.OTHER_PASSWORD})


def typed_all(form: Form) -> Callable[[Person], Form]:
    return lambda _person: dict(form)


def asserted(options: str, **given: Any) -> Callable[[Person], Form]:
    def give(person: Person) -> Form:
        assert person.key is not None
        asked = json.loads(person.post(options, {}).content)
        return {"credential": person.key.get(asked, ORIGIN, **given), "next": "", "without": ""}

    return give


PASSWORD = "doorward.credentials.password.change._verify_current"
SIGN_IN = "doorward.signin.password._verify"
CODE = "doorward.credentials.totp.verify.look"
SET_UP = "doorward.credentials.totp.enrol._check"
PASSKEY = "doorward.credentials.passkeys.verify.look"
PASSKEY_SIGN_IN = "doorward.signin.passkey._check"
CLOCK = "doorward.credentials.totp.clock_doctor.examine"
RECOVERY = "doorward.credentials.recovery_codes.codes._find"
MAILBOX = "doorward.signin.mailbox.verify_code"
FORGED = {"signature": b"a signature of somebody else's"}

WAYS = (
    Way("sign-in/", SIGN_IN, nowhere, email_and(kit_people.PASSWORD), email_and(WRONG_PASSWORD)),
    Way(
        "security/lost/",
        SIGN_IN,
        nowhere,
        email_and(kit_people.PASSWORD),
        email_and(WRONG_PASSWORD),
    ),
    Way(
        "sign-in/",
        PASSKEY_SIGN_IN,
        with_passkey,
        asserted("/sign-in/passkey/"),
        asserted("/sign-in/passkey/", **FORGED),
    ),
    Way("sign-in/code/", CODE, at_second_step, app_code, typed("code", WRONG_CODE)),
    Way(
        "sign-in/code/",
        PASSKEY,
        at_second_step_with_passkey,
        asserted("/sign-in/code/passkey/"),
        asserted("/sign-in/code/passkey/", **FORGED),
    ),
    Way(
        "sign-in/clock/",
        CLOCK,
        at_second_step,
        two_codes,
        typed_all({"first": WRONG_CODE, "second": WRONG_CODE}),
        accepts=False,
    ),
    Way(
        "prove/clock/",
        CLOCK,
        signed_in_with_app,
        two_codes,
        typed_all({"first": WRONG_CODE, "second": WRONG_CODE}),
        accepts=False,
    ),
    Way("sign-in/recovery/", RECOVERY, at_recovery, recovery_code, typed("code", "AAAA" * 6)),
    Way(
        "sign-in/mailbox/",
        MAILBOX,
        at_mailbox,
        mailed_code,
        typed("code", WRONG_MAILED),
        used_up=True,
    ),
    Way(
        "sign-in/help/wait/",
        MAILBOX,
        about_to_wait,
        mailed_code,
        typed("code", WRONG_MAILED),
        used_up=True,
    ),
    Way("sign-in/take-back/", CODE, with_lost_app, app_code, typed("code", WRONG_CODE)),
    Way(
        "sign-in/take-back/",
        PASSKEY,
        with_lost_passkey,
        asserted("/sign-in/take-back/passkey/"),
        asserted("/sign-in/take-back/passkey/", **FORGED),
    ),
    Way(
        "sign-in/set-up/",
        SET_UP,
        shown("/sign-in/set-up/", at_forced_set_up),
        shown_code("/sign-in/set-up/"),
        typed("code", WRONG_CODE),
    ),
    Way(
        "security/2fa/enable/",
        SET_UP,
        shown("/security/2fa/enable/", signed_in),
        shown_code("/security/2fa/enable/"),
        typed("code", WRONG_CODE),
    ),
    Way(
        "security/2fa/add/",
        SET_UP,
        shown("/security/2fa/add/", signed_in_with_app),
        shown_code("/security/2fa/add/"),
        typed("code", WRONG_CODE),
    ),
    Way(
        "security/new-phone/add/",
        SET_UP,
        shown("/security/new-phone/add/", signed_in_with_app),
        shown_code("/security/new-phone/add/"),
        typed("code", WRONG_CODE),
    ),
    Way(
        "security/new-phone/",
        CODE,
        trying_new_app,
        with_new_device(new_app_code),
        with_new_device(typed("code", WRONG_CODE)),
    ),
    Way(
        "security/new-phone/",
        PASSKEY,
        trying_new_passkey,
        with_new_device(asserted("/security/new-phone/passkey/")),
        with_new_device(asserted("/security/new-phone/passkey/", **FORGED)),
    ),
    Way("security/2fa/disable/", CODE, signed_in_with_app, app_code, typed("code", WRONG_CODE)),
    Way(
        "security/2fa/disable/",
        PASSKEY,
        signed_in_with_passkey,
        asserted("/security/2fa/disable/passkey/"),
        asserted("/security/2fa/disable/passkey/", **FORGED),
    ),
    Way("prove/", CODE, signed_in_with_app, app_code, typed("code", WRONG_CODE)),
    Way(
        "prove/",
        PASSKEY,
        signed_in_with_passkey,
        asserted("/prove/passkey/"),
        asserted("/prove/passkey/", **FORGED),
    ),
    Way(
        "prove/",
        PASSWORD,
        signed_in,
        typed("password", kit_people.PASSWORD),
        typed("password", WRONG_PASSWORD),
    ),
    Way(
        "profile/password/",
        PASSWORD,
        signed_in,
        new_password(kit_people.PASSWORD),
        new_password(WRONG_PASSWORD),
    ),
)
