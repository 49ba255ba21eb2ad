"""One of the provider's people looks for what is outside of their scope: in lists, numbers, addresses, mails."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

import doorward
from doorward.accounts import staff_history
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.customers import own_tabs, pictures, services
from doorward.customers.events import BRAND_CHANGED, NOTE_ADDED
from doorward.customers.models import Brand, CustomerStatus, PictureKind
from doorward.directory import adoption, adoption_sums
from doorward.kernel.errors import ChoiceInvalid
from doorward.notifications.adoption import numbers
from doorward.notifications.letter import write
from doorward.notifications.links_and_codes import NoLongerWanted
from doorward.notifications.mailboxes import deliveries_of
from doorward.permissions.staff_scope import Reach, Scope
from doorward.policy import versions
from doorward.policy.fields import RequiredOf, Values
from doorward.policy.versions import Wanted
from doorward.recovery.events import HELP_AGREED, SUPPORT_ASKED
from doorward.recovery.models import CallerCheck, RecoveryRequest, Way
from doorward.rollout import applying
from doorward.rollout.rehearsal import Plan
from tests.kit import browsers, people, rows, staff
from tests.threats.changes import TAB
from tests.whole.routes import METHODS, NOBODY, ROUTES
from tests.whole.rows import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

    from doorward.accounts.models import Administrator
    from tests.kit.staff import Two

pytestmark = pytest.mark.django_db
NARROW = (Reach.BRANDS, Reach.CUSTOMERS)
# Of the names of what is outside, each in full, so that what was searched for is none.
CANARIES = ("zyxline", "zyxpert", "zyxson")
# What lists, searches, numbers and tables there are for the provider's people, with the filters that find most.
LOOKING = (
    *("/jump/?q=zyx", "/jump/?q=telecom", "/jump/"),
    *("/", "/account/", "/support/", "/security/", "/requests/", "/profile/"),
    *("/customers/", "/customers/?q=zyx", "/customers/?q=telecom&status=active"),
    *("/customers/add/", "/customers/adoption/", "/customers/adoption/?show=not_seen"),
    *("/brands/", "/administrators/", "/administrators/?q=zyx", "/administrators/?status=all"),
    *("/activity/", "/activity/?q=zyx", "/activity/?group=account", "/activity/export/"),
)
TABLES = ("/customers/adoption.csv", "/activity/export.csv", "/activity/export.csv?q=zyx")


class World:
    """Everything of the customer and the brand outside that has an identifier, and who looks for it."""

    def __init__(self) -> None:
        self.two: Two = staff.two()
        self.boss = staff.member("boss@provider.example")
        self.staff = {reach: staff.member(f"{reach}@provider.example") for reach in NARROW}
        self.tab = own_tabs.add("pbx", own_tabs.TabDetails(**TAB), actor=CONSOLE)
        self.far = {reach: self._ids_of(person) for reach, person in self.staff.items()}
        self._history()
        adoption_sums.note([self.two.near.id, self.two.far.id])
        adoption_sums.fold(now=timezone.now())
        for reach, person in self.staff.items():
            self.staff[reach] = staff.narrowed(person, self.two.scope(reach))

    def _ids_of(self, person: Administrator) -> dict[str, str]:
        """Return what they made while they still saw all."""
        far, of_brand = self.two.far, self.two.far_brand
        now, short = timezone.now(), person.email.partition("@")[0]
        whom = staff.keeper(far, f"zyx.{short}@zyxpert.example", f"{short} Zyxson")
        check = CallerCheck.objects.create(administrator=whom, staff=person, begun_at=now)
        request = RecoveryRequest.objects.create(
            administrator=whom,
            way=Way.SUPPORT,
            second=True,
            asked_at=now,
            asked_by_id=person.id,
        )
        return {
            "customer_id": str(far.id),
            "brand_id": str(of_brand.id),
            "person_id": str(whom.id),
            "check_id": str(check.id),
            "request_id": str(request.id),
            "rehearsal_id": str(self._rehearsed(person, versions.minimum_of_customer(far.id))),
            "of_brand": str(self._rehearsed(person, versions.minimum_of_brand(of_brand.id))),
        }

    def _rehearsed(self, person: Administrator, owner: versions.Owner) -> Any:
        everyone = Wanted(values=Values(required_of=RequiredOf.EVERYONE))
        plan = Plan(owner=owner, wanted=everyone)
        return applying.make(plan, actor=people.actor(person), now=timezone.now())

    def _history(self) -> None:
        """Have the provider's history tell of what is outside, as it does."""
        far = self.two.far_brand
        boss = people.actor(self.boss)
        pictures.change(far.id, PictureKind.LOGO, None, actor=boss)
        everyone = Wanted(values=Values(required_of=RequiredOf.EVERYONE))
        versions.save(versions.minimum_of_brand(far.id), everyone, actor=boss, now=timezone.now())
        provider = people.provider()
        record(
            NOTE_ADDED,
            actor=boss,
            customer=(provider.id, provider.name),
            details={"customer": self.two.far.name},
        )
        # Also what they did themselves, as long as they saw it.
        for person in self.staff.values():
            record(
                NOTE_ADDED,
                actor=people.actor(person),
                customer=(provider.id, provider.name),
                details={"customer": self.two.far.name},
            )
        for person in (self.boss, *self.staff.values()):
            record(
                SUPPORT_ASKED,
                actor=people.actor(person),
                subject=self.two.far_person.who(),
                customer=(provider.id, provider.name),
                details={"copy": True},
            )


@pytest.fixture(scope="module", autouse=True)
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    del django_db_setup
    people.forget_caches()
    with rows.of_the_file(django_db_blocker, World) as made:
        yield made
    people.forget_caches()


@pytest.fixture(autouse=True)
def at_that_time(clock: Any) -> None:
    """Stand where the world was made."""


def read(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode(errors="replace"))


def found_in(answer: Any) -> list[str]:
    """Return which names of what is outside stand in an answer."""
    text = read(answer).casefold()
    return [one for one in CANARIES if one in text]


@pytest.mark.parametrize("path", [*LOOKING, *TABLES])
@pytest.mark.parametrize("reach", NARROW)
def test_no_list_search_number_or_table_has_it(world, reach, path):
    answer = browsers.browser_of(world.staff[reach]).get(path)
    assert answer.status_code in {200, 403}, path
    assert not found_in(answer), path


def test_who_sees_all_finds_it_in_each_of_these_lists(world):
    """The canary sings: a list that nobody finds it in shows nothing."""
    browser = browsers.browser_of(world.boss)
    for path in (
        "/jump/?q=zyx",
        "/customers/",
        "/customers/adoption/",
        "/brands/",
        "/activity/",
        *TABLES[:2],
    ):
        assert found_in(browser.get(path)), path


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reach", NARROW)
def test_every_address_of_it_is_as_if_it_were_not_there(world, reach, method):
    browser = browsers.browser_of(world.staff[reach])
    browser.get("/")
    before, tried = state(), 0
    for route in ROUTES:
        theirs = dict(world.far[reach])
        if not set(route.arguments) & set(theirs):
            continue
        if "brand_id" in route.arguments:
            theirs["rehearsal_id"] = theirs["of_brand"]
        answers = [_ask(browser, method, route, **ids) for ids in (theirs, {"nobody": NOBODY})]
        there, nobody = answers
        assert there.status_code == nobody.status_code, (route.pattern, method)
        assert there.status_code in {403, 404, 405, 422}, (route.pattern, method)
        assert not found_in(there), (route.pattern, method)
        tried += 1
    assert tried > 40
    assert state() == before


def _ask(browser: Any, method: str, route: Any, **ids: str) -> Any:
    near = {"email": "nell@near.example", "first_name": "Somebody", "last_name": "", "how": "so"}
    form = urlencode(near | {"language": "en", "code": "123456"})
    kind = "application/x-www-form-urlencoded"
    return browser.generic(method, route.path(**ids), form, kind)


@pytest.mark.parametrize("reach", NARROW)
def test_what_is_near_is_there(world, reach):
    browser, near = browsers.browser_of(world.staff[reach]), world.two.near
    page = read(browser.get(f"/customers/{near.id}/"))
    assert near.name in page
    assert near.name in read(browser.get("/customers/"))
    assert near.name in read(browser.get("/customers/adoption.csv"))
    for path in ("minimum/", "help/", "caller-check/", f"help/{world.two.near_person.id}/"):
        assert browser.get(f"/customers/{near.id}/{path}").status_code == 200, path
    of_brand = browser.get(f"/brands/{world.two.near_brand.id}/").status_code
    assert of_brand == (200 if reach is Reach.BRANDS else 403)


@pytest.mark.parametrize("reach", NARROW)
def test_the_provider_itself_is_outside(world, reach):
    browser = browsers.browser_of(world.staff[reach])
    assert browser.get(f"/customers/{people.provider().id}/").status_code == 404


@pytest.mark.parametrize("reach", NARROW)
def test_what_is_everybodys_is_for_who_sees_all(world, reach):
    browser = browsers.browser_of(world.staff[reach])
    before = state()
    for path in ("/brands/add/", "/tabs/", "/tabs/add/", f"/tabs/{world.tab.id}/"):
        assert browser.get(path).status_code == 403, path
    assert browser.post("/brands/add/", people.BRAND).status_code == 403
    assert browser.post(f"/tabs/{world.tab.id}/remove/").status_code == 403
    home = read(browser.get("/"))
    assert "/tabs/" not in home
    assert state() == before


def test_a_customer_is_moved_and_added_within_the_scope_alone(world):
    two, browser = world.two, browsers.browser_of(world.staff[Reach.BRANDS])
    form = {"name": two.near.name, "brand": str(two.far_brand.id), "status": "active"}
    form |= {"confirm": "on", "understood": "on"}
    assert browser.post(f"/customers/{two.near.id}/", form).status_code == 422
    wanted = services.CustomerChange(
        name=two.near.name,
        brand_id=two.far_brand.id,
        status=CustomerStatus.ACTIVE,
        confirmed=True,
    )
    actor = people.actor(world.staff[Reach.BRANDS])
    with pytest.raises(ChoiceInvalid):
        services.change(two.near.id, wanted, actor=actor, now=timezone.now())
    new = {"name": "Newcomer", "brand": str(two.far_brand.id)}
    assert browser.post("/customers/add/", new).status_code == 422
    new["brand"] = str(two.near_brand.id)
    assert browser.post("/customers/add/", new).status_code == 303
    by_name = browsers.browser_of(world.staff[Reach.CUSTOMERS])
    assert by_name.post("/customers/add/", new | {"name": "Another"}).status_code == 403


def test_no_brand_becomes_the_default_one_by_who_sees_some(world):
    two, browser = world.two, browsers.browser_of(world.staff[Reach.BRANDS])
    default = Brand.objects.get(is_default=True).id
    form = people.BRAND | {"hosts": "", "name": two.near_brand.name, "is_default": "on"}
    assert browser.post(f"/brands/{two.near_brand.id}/", form).status_code == 422
    assert Brand.objects.get(is_default=True).id == default
    del form["is_default"]
    assert browser.post(f"/brands/{two.near_brand.id}/", form).status_code == 303


@pytest.mark.parametrize("reach", NARROW)
def test_it_is_so_from_the_next_request_on(world, reach):
    two, person = world.two, staff.narrowed(world.staff[reach], Scope.EVERYTHING)
    browser = browsers.browser_of(person)
    assert browser.get(f"/customers/{two.far.id}/").status_code == 200
    staff.narrowed(person, two.scope(reach))
    assert browser.get(f"/customers/{two.far.id}/").status_code == 404


# --- mails ------------------------------------------------------------------------------------------


def support_answered(world, person):
    """Return the mail that tells somebody of the staff what became of what they asked for."""
    request = world.far[Reach.BRANDS]["request_id"]
    record(
        HELP_AGREED,
        actor=people.actor(world.two.far_person),
        subject=world.two.far_person.who(),
        details={"request": request, "way": Way.SUPPORT},
    )
    event = Event.objects.latest("id")
    [made] = [
        one for one in deliveries_of(event, now=timezone.now()) if one.administrator_id == person.id
    ]
    made.save()
    return made


def test_a_mail_that_was_on_its_way_when_the_scope_became_narrower_is_not_sent(world):
    person = staff.narrowed(world.staff[Reach.BRANDS], Scope.EVERYTHING)
    mail = support_answered(world, person)
    assert write(mail, now=timezone.now()) is not None
    staff.narrowed(person, world.two.scope(Reach.BRANDS))
    with pytest.raises(NoLongerWanted):
        write(mail, now=timezone.now())


@pytest.mark.parametrize("reach", NARROW)
def test_nor_is_one_of_a_brand_outside(world, reach):
    [event] = [
        one for one in Event.objects.filter(type=str(BRAND_CHANGED)) if "policy" in str(one.details)
    ]
    assert staff_history.may_be_told(event, people.again(world.boss))
    assert not staff_history.may_be_told(event, people.again(world.staff[reach]))


@pytest.mark.parametrize("reach", NARROW)
def test_the_weekly_numbers_are_those_of_the_scope(world, reach):
    """Each customer has one person there, and what is outside has more."""
    near, now = adoption.kept(world.two.near.id), timezone.now()
    mine, all_ = people.again(world.staff[reach]).staff_scope, Scope.EVERYTHING
    theirs = adoption.within(mine)
    assert adoption.totals(theirs) == near != adoption.totals(adoption.within(all_))
    assert [one.people for one in adoption.days(theirs, near, now=now)] == [near.people]
    assert numbers(None, mine, now=now) != numbers(None, all_, now=now)


# --- the door in the code -----------------------------------------------------------------------------

# Who may read these rows by itself, and why it shows nothing of others.
OWN = {
    "web/frame/views.py": "the brand of the host that is asked",
    "web/activity/filters.py": "the provider's own people, by name",
    "web/kit/rehearsal_page.py": "a brand that was found through the door",
    "web/provider/customer_filters.py": "ids that were found through the door",
}
ROWS = re.compile(
    r"\b(Customer|Brand|Adoption\w*)\.(objects|_default_manager)\b|\b(services|customers)\.get\(|\bbrands\.get\("
)


def test_no_page_reads_customers_or_brands_but_through_the_door():
    root = Path(doorward.__file__).parent
    found = {
        str(file.relative_to(root))
        for file in (root / "web").rglob("*.py")
        if ROWS.search(file.read_text(encoding="utf-8"))
    }
    own_company = {
        "web/account/evidence.py",
        "web/account/views.py",
        "web/administrators/views.py",
    }
    assert found - own_company <= set(OWN), found - own_company - set(OWN)
