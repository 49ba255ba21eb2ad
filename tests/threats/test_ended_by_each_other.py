"""Two browsers end each other's sessions at once, or one acts on after it was ended: exactly one stays, and acts."""

from __future__ import annotations

from functools import partial
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from django.db.models import F
from django.utils import timezone

from doorward.accounts import email_change, mailed_links, services
from doorward.accounts.models import (
    Administrator,
    LinkPurpose,
    MailedLink,
    PasswordDue,
    Status,
)
from doorward.accounts.required_of import policy_of
from doorward.audit.actor import ClientInfo
from doorward.audit.models import Event
from doorward.credentials import removal as mfa
from doorward.credentials.events import (
    FACTOR_REMOVED,
    PASSWORD_CHANGED,
    TWO_FACTOR_DISABLED,
    TWO_FACTOR_ENABLED,
)
from doorward.credentials.models import Factor
from doorward.credentials.password import change
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import enrol
from doorward.gate import loading
from doorward.kernel.errors import Refusal
from doorward.sessions import ending, issuing
from doorward.sessions.errors import SessionEnded
from doorward.sessions.events import OTHER_SESSIONS_ENDED, SESSION_ENDED
from doorward.sessions.models import Session
from tests.kit import browsers as kit_browsers
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people
from tests.kit.email_changes import ask_email
from tests.kit.hashers import Small
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.audit.actor import Actor
    from doorward.sessions.context import AuthContext

HERE = ClientInfo(address="192.0.2.10", browser="A browser")
BROWSERS = 3


class Browser:
    """A session of somebody, through; `other` is one that it may end by name."""

    def __init__(self, person: Administrator) -> None:
        now = timezone.now()
        self.person = person = kit_people.again(person)
        factor = Factor.objects.filter(administrator=person).first()
        proved = {"factor_at": now, "factor_id": factor.id, "factor_kind": "app"} if factor else {}
        self.started = issuing.begin(
            person,
            actor=kit_people.actor(person),
            now=now,
            password_at=now,
            signed_in_at=now,
            **proved,
        )
        self.other = self
        self.number = 0

    @property
    def auth(self) -> AuthContext:
        auth = loading.load(self.started.token, now=timezone.now())
        assert auth is not None
        return auth

    @property
    def actor(self) -> Actor:
        return self.auth.actor(HERE)

    @property
    def words(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": timezone.now()}


def all_others(one: Browser) -> Callable[[], Any]:
    id, policy = one.started.session_id, policy_of(one.person, now=timezone.now())
    return partial(
        ending.end_own_others,
        administrator_id=one.person.id,
        keep=id,
        policy=policy,
        **one.words,
    )


def one_other(one: Browser) -> Callable[[], Any]:
    other = one.other.started.session_id
    return partial(ending.end_one, other, administrator_id=one.person.id, **one.words)


def password(one: Browser) -> Callable[[], Any]:
    return partial(
        change.change,
        administrator_id=one.person.id,
        current=kit_people.PASSWORD,
        password=f"{kit_people.OTHER_PASSWORD} {one.number}",
        **one.words,
    )


def due_password(one: Browser) -> Callable[[], Any]:
    person = Administrator.objects.everywhere().filter(id=one.person.id)
    person.update(password_due=PasswordDue.NOT_ME)
    return partial(
        change.set_due,
        administrator_id=one.person.id,
        password=f"{kit_people.OTHER_PASSWORD} {one.number}",
        **one.words,
    )


def enable(one: Browser) -> Callable[[], Any]:
    now = timezone.now()
    secret = enrol.begin(session_id=one.started.session_id, now=now)
    code = kit_codes.code(secret)
    return partial(enrol.confirm, auth=one.auth, code=code, name="", **one.words)


def disable(one: Browser) -> Callable[[], Any]:
    code = kit_codes.next_code(one.person, name=f"App {one.number}")
    return partial(mfa.disable, auth=one.auth, proof=code, **one.words)


def remove(one: Browser) -> Callable[[], Any]:
    session = one.auth.facts.session
    assert session is not None
    assert session.factor_id is not None
    others = Factor.objects.exclude(id=session.factor_id)
    return partial(mfa.remove, others[one.number].id, auth=one.auth, **one.words)


def confirm_email(one: Browser) -> Callable[[], Any]:
    if not MailedLink.objects.filter(purpose=LinkPurpose.EMAIL_NEW).exists():
        ask_email(one.person, "new@harbourbakery.example", **one.words)
    link = MailedLink.objects.get(purpose=LinkPurpose.EMAIL_NEW)
    return partial(
        email_change.answer,
        token=mailed_links.path(link).split("/")[-2],
        stop=False,
        client=HERE,
        session_id=one.started.session_id,
        now=timezone.now(),
    )


Act = Any
# Without a factor, and with several: what each of these ends is the same.
WITHOUT: list[Act] = [all_others, one_other, password, due_password, enable, confirm_email]
WITH: list[Act] = [all_others, one_other, password, enable, disable, remove]


def browsers_of(person: Administrator, *, number: int = 2) -> list[Browser]:
    browsers = [Browser(person) for _ in range(number)]
    for place, one in enumerate(browsers):
        one.other, one.number = browsers[place - 1], place
    return browsers


def still_open(person: Administrator) -> list[Any]:
    version = F("administrator__security_version")
    rows = Session.objects.filter(administrator=person, ended_at=None, security_version=version)
    return list(rows.values_list("id", flat=True))


def with_apps(person: Administrator) -> Administrator:
    for number in range(4):
        kit_codes.enable_app(person, name=f"App {number}")
    kit_codes.saved_codes(person)
    return person


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second", "apps"),
    [(*pair, False) for pair in combinations_with_replacement(WITHOUT, 2)]
    + [(*pair, True) for pair in combinations_with_replacement(WITH, 2)],
)
def test_of_two_that_end_each_other_at_once_exactly_one_stays(first, second, apps):
    person = kit_people.make_administrator(kit_people.make_customer(), tabs=kit_people.ALL_TABS)
    if apps:
        with_apps(person)
    one, two = browsers_of(person)
    calls = [first(one), second(two)]
    found = at_once(calls)
    refused = (SessionEnded, Refusal)
    assert all(isinstance(one, refused) for one in found if isinstance(one, Exception)), found
    assert len(still_open(person)) == 1, found


@pytest.mark.django_db(transaction=True)
def test_of_many_that_press_it_at_once_one_stays_round_after_round():
    person = kit_people.make_administrator(kit_people.make_customer())
    for _ in range(5):
        found = at_once([all_others(one) for one in browsers_of(person, number=4)])
        assert sum(isinstance(one, int) for one in found) == 1, found
        assert sum(isinstance(one, SessionEnded) for one in found) == 3, found
        assert len(still_open(person)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("act", [*dict.fromkeys([*WITHOUT, *WITH])])
def test_a_session_that_has_ended_changes_nothing(act, owner):
    if act in {disable, remove}:
        with_apps(owner)
    one, mine = browsers_of(owner)
    call = act(one)
    ending.end_one(one.started.session_id, administrator_id=owner.id, **mine.words)
    before = as_it_is(owner)
    with pytest.raises(SessionEnded):
        call()
    assert as_it_is(owner) == before
    assert still_open(owner) == [mine.started.session_id]


def as_it_is(person: Administrator) -> Any:
    again = kit_people.again(person)
    types = [PASSWORD_CHANGED, TWO_FACTOR_ENABLED, TWO_FACTOR_DISABLED]
    types += [FACTOR_REMOVED, SESSION_ENDED, OTHER_SESSIONS_ENDED]
    return (
        again.email,
        again.password,
        again.security_version,
        sorted(Factor.objects.values_list("id", flat=True)),
        codes.left(person.id),
        Event.objects.filter(type__in=types).count(),
    )


class Interrupted(Small):
    """Hashes as the small one does; `meanwhile` happens while it does."""

    meanwhile: ClassVar[list[Callable[[], Any]]] = []

    def encode(self, password: str, salt: str) -> str:
        while self.meanwhile:
            self.meanwhile.pop()()
        return super().encode(password, salt)


@pytest.mark.django_db
@pytest.mark.parametrize("act", [password, due_password])
@pytest.mark.parametrize("how", ["ended", "signed out", "suspended", "suspended and restored"])
def test_nor_one_that_is_ended_while_its_new_password_is_hashed(act, how, owner, settings):
    settings.PASSWORD_HASHERS = ["tests.threats.test_ended_by_each_other.Interrupted"]
    one, mine = browsers_of(owner)
    call, before = act(one), kit_people.again(owner).password

    def set_status(status: Status) -> None:
        wanted = services.Change(status=status, confirmed=True)
        keeper = kit_people.make_administrator(
            owner.customer, email=f"keeper-{status}@harbourbakery.example", tabs=kit_people.ALL_TABS
        )
        services.change(
            owner.id,
            wanted,
            customer_id=owner.customer_id,
            actor=kit_people.actor(keeper),
            now=timezone.now(),
        )

    def meanwhile() -> None:
        session_id = one.started.session_id
        if how == "ended":
            ending.end_one(session_id, administrator_id=owner.id, **mine.words)
        elif how == "signed out":
            ending.sign_out(session_id, **one.words)
        else:
            set_status(Status.SUSPENDED)
        if how == "suspended and restored":
            set_status(Status.ACTIVE)

    Interrupted.meanwhile.append(meanwhile)
    with pytest.raises(SessionEnded):
        call()
    assert Interrupted.meanwhile == []
    assert kit_people.again(owner).password == before
    assert kit_people.events(PASSWORD_CHANGED) == []


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["end", "suspend"])
def test_a_colleague_whose_session_has_ended_ends_nobody(act, owner, colleague):
    (acting, mine), (theirs,) = browsers_of(owner), browsers_of(colleague, number=1)
    words = acting.words
    ending.end_one(acting.started.session_id, administrator_id=owner.id, **mine.words)
    wanted = services.Change(status=Status.SUSPENDED, confirmed=True)
    acts: dict[str, Callable[[], Any]] = {
        "end": partial(
            ending.end_all_of,
            subject=colleague.who(),
            policy=policy_of(colleague, now=timezone.now()),
            **words,
        ),
        "suspend": partial(
            services.change, colleague.id, wanted, customer_id=owner.customer_id, **words
        ),
    }
    with pytest.raises(SessionEnded):
        acts[act]()
    assert still_open(colleague) == [theirs.started.session_id]


@pytest.mark.django_db(transaction=True)
def test_of_two_colleagues_who_end_each_other_at_once_one_stays():
    customer = kit_people.make_customer()
    people = [
        kit_people.make_administrator(
            customer, email=f"p{number}@harbourbakery.example", tabs=kit_people.ALL_TABS
        )
        for number in range(2)
    ]
    for _ in range(4):
        browsers = [Browser(person) for person in people]
        calls = [
            partial(
                ending.end_all_of,
                subject=people[1 - number].who(),
                policy=policy_of(people[number], now=timezone.now()),
                **browser.words,
            )
            for number, browser in enumerate(browsers)
        ]
        found = at_once(calls)
        assert sum(isinstance(one, int) for one in found) == 1, found
        mine = {browser.started.session_id for browser in browsers}
        assert len(mine & {id for person in people for id in still_open(person)}) == 1, found


@pytest.mark.django_db
def test_the_page_of_who_was_ended_meanwhile_leads_to_sign_in(owner, settings):
    settings.PASSWORD_HASHERS = ["tests.threats.test_ended_by_each_other.Interrupted"]
    browser = kit_browsers.browser_of(owner)
    assert browser.get("/security/").status_code == 200
    started = Session.objects.get(administrator=owner)
    Interrupted.meanwhile.append(
        lambda: ending.sign_out(started.id, actor=kit_people.actor(owner), now=timezone.now())
    )
    fields = {"current": kit_people.PASSWORD, "password": kit_people.OTHER_PASSWORD}
    answer = browser.post("/profile/password/", fields)
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    assert kit_people.events(PASSWORD_CHANGED) == []
