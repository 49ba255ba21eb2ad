"""A code that somebody has seen is used once more: in another form, at another place, after a newer one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.credentials.errors import CodeAlreadyUsed, RecoveryCodeWrong, WrongCode
from doorward.credentials.events import RECOVERY_CODE_USED
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.gate import loading
from doorward.kernel.models import Attempt
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people
from tests.kit.factors import confirm, disable, saved_codes, show, use, verify_code
from tests.kit.passkeys import begin
from tests.threats.proofs import SET_UP, WAYS, Person

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(clock: time_machine.Traveller, owner: Administrator) -> bytes:
    return kit_codes.enable_app(owner)


def test_a_code_works_once_in_any_session_and_in_any_writing(secret, owner):
    code = kit_codes.code(secret)
    verify_code(begin(owner), code, owner)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    for writing in (code, f"{code[:3]} {code[3:]}", f"{code[:3]}-{code[3:]}", wide):
        with pytest.raises(CodeAlreadyUsed):
            verify_code(begin(owner), writing, owner)


def test_an_older_code_after_a_newer_one_is_refused(secret, owner):
    verify_code(begin(owner), kit_codes.code(secret, offset=1), owner)
    for older in (0, -1):
        with pytest.raises(CodeAlreadyUsed):
            verify_code(begin(owner), kit_codes.code(secret, offset=older), owner)


def test_the_code_that_confirmed_is_consumed(owner, clock):
    auth = begin(owner)
    secret = show(auth)
    confirm(auth, kit_codes.code(secret), owner)
    with pytest.raises(CodeAlreadyUsed):
        verify_code(begin(kit_people.again(owner)), kit_codes.code(secret), owner)


def test_each_code_works_once_in_any_writing(owner):
    codes = saved_codes(owner)
    started = use(begin(owner), codes[0].lower().replace("-", " "), owner)
    after = loading.load(started.token, now=timezone.now())
    assert after is not None
    assert after.facts.session is not None
    assert after.facts.session.recovery_at is not None
    with pytest.raises(RecoveryCodeWrong):
        use(begin(owner), codes[0], owner)
    assert recovery_codes.left(owner.id) == 9
    assert kit_people.events(RECOVERY_CODE_USED)[0].details["left"] == 9


def test_a_wrong_or_used_code_changes_nothing(owner, clock):
    secret = kit_codes.enable_app(owner)
    with pytest.raises(WrongCode):
        disable(begin(owner), "000000")
    verify_code(begin(owner), kit_codes.code(secret), owner)
    with pytest.raises(CodeAlreadyUsed):
        disable(begin(owner), kit_codes.code(secret))
    assert Factor.objects.count() == 1


# --- over the pages: what was used at one place is used up at all others --------------------------

TAKES_APP_CODES = ("sign-in/code/", "prove/", "security/2fa/disable/")


@pytest.mark.parametrize("second", TAKES_APP_CODES)
@pytest.mark.parametrize("first", TAKES_APP_CODES[:2])
def test_what_was_used_at_one_page_is_used_up_at_all(owner, secret, clock, first, second):
    """Both sessions are there before the code is shown: nothing but the code stands in the way."""
    people = {route: arrive_at(owner, route) for route in {first, second}}
    other = arrive_at(owner, second) if first == second else people[second]
    clock.shift(timedelta(minutes=2))
    code = kit_codes.code(secret)
    form = {"code": code, "next": "/"}
    assert people[first].post(f"/{first}", form).status_code == 303
    for writing in writings(code):
        no_waiting()
        answer = other.post(f"/{second}", {"code": writing, "next": "/"})
        assert answer.status_code == 422, writing
        assert "already used" in answer.content.decode(), writing
    assert Factor.objects.count() == 1


def no_waiting() -> None:
    """Let the next try be looked at: it is not the waiting that keeps a used code out."""
    fields = ("known_failures", "unknown_failures", "known_wait_until", "unknown_wait_until")
    Factor.objects.update(**dict.fromkeys(fields, 0))
    Attempt.objects.all().delete()


def arrive_at(owner: Administrator, route: str) -> Person:
    person = Person(owner)
    form = {"email": owner.email, "password": kit_people.PASSWORD, "next": ""}
    assert person.post("/sign-in/", form).status_code == 303
    if route != "sign-in/code/":
        code = {"code": kit_codes.next_code(owner)}
        assert person.post("/sign-in/code/", code).status_code == 303
        assert person.browser.get("/security/").status_code == 200
    return person


def writings(code: str) -> list[str]:
    """Return the same six digits as people, phones and thieves may write them."""
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    arabic = "".join(chr(ord(digit) - ord("0") + 0x0660) for digit in code)
    return [
        code,
        f" {code} ",
        f"{code[:3]} {code[3:]}",
        f"{code[:3]}-{code[3:]}",
        f"{code[:3]}\u00a0{code[3:]}",
        wide,
        arabic,
    ]


@pytest.mark.parametrize("way", [way for way in WAYS if way.reaches == SET_UP], ids=str)
def test_the_code_of_a_set_up_signs_in_nobody(owner, clock, way):
    person = Person(owner)
    way.arrive(person)
    clock.shift(timedelta(minutes=1))
    form = way.right(person)
    assert person.post(way.path, form).status_code == 303
    other = Person(owner)
    word = {"email": owner.email, "password": kit_people.PASSWORD, "next": ""}
    assert other.post("/sign-in/", word).status_code == 303
    assert other.post("/sign-in/code/", {"code": form["code"]}).status_code == 422


def test_a_mailed_code_is_used_up_by_its_own_session(owner, clock):
    way = next(way for way in WAYS if way.route == "sign-in/mailbox/")
    first, second = Person(owner), Person(owner)
    way.arrive(first)
    code = mailbox.code_of(MailboxProof.objects.get())
    assert first.post(way.path, {"code": code}).status_code == 303
    way.arrive(second)
    assert second.post(way.path, {"code": code}).status_code == 422
