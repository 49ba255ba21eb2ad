"""What is still weak stands on Home of who looks after people: each line with its one click, gone when it is done."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator, MailProblem, PolicyException, Status
from doorward.audit.actor import CONSOLE
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.credentials.trusted_browsers import policy_change
from doorward.policy import versions
from doorward.policy.fields import DEFAULTS, RecoveryBy, RequiredOf
from doorward.policy.versions import Wanted
from doorward.recovery import queries
from doorward.recovery.models import RecoveryRequest, SetUpPass, Way
from doorward.web.kit import times
from tests.kit import browsers, codes, managing, people, policies
from tests.kit.recovering import (
    agree,
    ask_as_support,
    come_in,
    fetch,
    help_with,
    long_ago,
    make_staff,
    refuse,
    say_who,
    set_up_again,
)

pytestmark = pytest.mark.django_db
TABS = people.ALL_TABS


def rows(person):
    return Administrator.objects.of(person.customer_id).filter(id=person.id)


def lines(client):
    """Return the lines of Home as words, each with where its click leads."""
    page = client.get("/").content.decode()
    section = page.partition('aria-labelledby="weak"')[2].partition("</section>")[0]
    said = re.findall(r'<p class="grow">(.*?)</p>.*?(?:href|action)="([^"]*)"', section, re.DOTALL)
    return {" ".join(text.split()): href.replace("&amp;", "&") for text, href in said}


def line_with(client, words):
    return next((href for text, href in lines(client).items() if words in text), None)


@pytest.fixture
def client(owner):
    """Return the browser of somebody with nothing left to do: a device, codes, a colleague with the same tab."""
    second = people.make_administrator(
        owner.customer, email="zoe@harbourbakery.example", name="Zoe", tabs=TABS
    )
    for person in (owner, second):
        codes.enable_app(person)
        recovery_codes.make(person, now=timezone.now())
        recovery_codes.confirm_saved(
            administrator_id=person.id, actor=people.actor(person), now=timezone.now()
        )
    rows(second).update(last_signed_in_at=timezone.now())
    browser = browsers.browser_of_with_factor(owner)
    browser.get("/")
    return browser


def test_where_nothing_is_weak_nothing_is_said(client):
    assert "Needs attention" not in client.get("/").content.decode()


def test_a_second_person_who_can_help_is_missing(client, owner):
    zoe = Administrator.objects.of(owner.customer_id).get(first_name="Zoe")
    add, choose = "/administrators/add/", "/administrators/?status=active"
    for columns, where in (({"status": Status.SUSPENDED}, add), ({"tabs": " home "}, choose)):
        rows(zoe).update(**columns)
        assert line_with(client, "only one who can look after") == where
        rows(zoe).update(status=Status.ACTIVE, tabs=zoe.tabs)
        assert line_with(client, "only one who can look after") is None
    rows(zoe).update(tabs=" home ")
    # Who is the only one had better have a second device, too.
    assert line_with(client, "one device") == "/security/2fa/add/"
    codes.enable_app(owner, name="Tablet")
    assert line_with(client, "one device") is None
    rows(zoe).delete()
    assert line_with(client, "only one who can look after") == "/administrators/add/"


def test_codes_that_were_not_saved_and_a_second_device(client, owner):
    owner.recovery_sets.all().delete()
    assert line_with(client, "You have no recovery codes") == "/security/recovery-codes/"
    lost = "You have one device for two-factor sign-in. If you lose it, only a recovery code or somebody else"
    assert line_with(client, lost) == "/security/2fa/add/"
    assert client.post("/security/recovery-codes/").status_code == 303
    recovery_codes.confirm_saved(
        administrator_id=owner.id,
        actor=people.actor(owner),
        now=timezone.now(),
    )
    owner.recovery_sets.update(saved_at=timezone.now())
    assert lines(client) == {}


def listed(client, address):
    page = client.get(address).content.decode()
    return set(re.findall(r"[a-z0-9.]+@harbourbakery\.example", page))


@pytest.mark.parametrize(
    ("columns", "words", "address", "remedy"),
    [
        (
            {"mail_problem": MailProblem.NO_MAILBOX},
            "Mail to 1 person is refused",
            "/administrators/?attention=no-mail",
            {"mail_problem": ""},
        ),
        (
            {"last_signed_in_at": None},
            "1 person has not signed in for 90 days, or never",
            "/administrators/?attention=not-seen",
            {"last_signed_in_at": timezone.now()},
        ),
        (
            {"require_2fa": True},
            "1 person must use two factors but has not set them up",
            "/administrators/?factor=required-missing",
            {"require_2fa": False},
        ),
    ],
)
def test_each_number_leads_to_exactly_these_people(client, owner, columns, words, address, remedy):
    sam = people.make_administrator(
        owner.customer, email="sam@harbourbakery.example", last_signed_in_at=timezone.now()
    )
    assert lines(client) == {}
    rows(sam).update(**columns)
    assert lines(client) == {words: address}
    assert listed(client, address) == {sam.email, owner.email}  # the owner in the account menu
    rows(sam).update(**remedy)
    assert lines(client) == {}


def test_who_is_not_ready_is_told_of_with_the_last_day(client, owner):
    """The badge of the list and of a person's page, and the line of Home, name the day; theirs is over at midnight."""
    day = timezone.now() + timedelta(days=10)
    sam = people.make_administrator(
        owner.customer, email="sam@harbourbakery.example", last_signed_in_at=timezone.now()
    )
    policy_change.save(
        versions.policy_of_customer(owner.customer_id),
        Wanted(
            values=replace(DEFAULTS, required_of=RequiredOf.EVERYONE),
            starts_at=datetime(day.year, day.month, day.day, tzinfo=UTC),
        ),
        actor=CONSOLE,
        now=timezone.now(),
    )
    said = str(times.day(day))
    address = "/administrators/?factor=required-missing"
    by = f"1 person must use two factors by {said} but has not set them up"
    assert lines(client) == {by: address}
    badge = f"<span>Required from {said}, not set up</span>"
    assert badge in client.get(address).content.decode()
    assert badge in client.get(f"/administrators/{sam.id}/").content.decode()
    client.post("/language/", {"language": "de", "next": "/"})
    german = client.get(address).content.decode()
    assert f'Ab <time datetime="{day:%Y-%m-%d}">' in german
    assert "erforderlich, nicht eingerichtet" in german
    # Of who is ticked it is required at once.
    rows(sam).update(require_2fa=True)
    client.post("/language/", {"language": "en", "next": "/"})
    assert "Required, not set up" in client.get(address).content.decode()


def waiting(client):
    """Return what waits for the reader's word, each with where its click leads."""
    page = client.get("/").content.decode()
    section = page.partition('aria-labelledby="waiting"')[2].partition("</section>")[0]
    return dict(re.findall(r'<p class="grow">(.*?)</p>.*?href="([^"]*)"', section, re.DOTALL))


HELP = {"1 request for help after a loss is waiting for your decision": "/requests/"}


@pytest.mark.parametrize("decided", ["agreed", "refused", "lapsed"])
def test_a_request_for_help_is_told_to_who_may_decide_until_it_is_decided(
    client, owner, colleague, decided
):
    zoe = Administrator.objects.of(owner.customer_id).get(first_name="Zoe")
    codes.enable_app(colleague)
    long_ago(owner, zoe, colleague)
    policies.ask(owner.customer_id, recovery_by=RecoveryBy.TWO)
    assert waiting(client) == {}
    request = help_with(colleague, zoe).request
    assert waiting(client) == HELP
    # Neither who asked, nor who looks after nobody.
    sam = people.make_administrator(owner.customer, email="sam@harbourbakery.example")
    for other in (browsers.browser_of_with_factor(zoe), browsers.browser_of(sam)):
        assert other.get("/").status_code == 200
        assert waiting(other) == {}
    if decided == "agreed":
        agree(request, owner)
    elif decided == "refused":
        refuse(request, zoe)
    else:
        RecoveryRequest.objects.filter(id=request.id).update(due_at=timezone.now())
    assert waiting(client) == {}


def told(client):
    """Return the words of what waits; the page is theirs."""
    assert client.get("/").status_code == 200
    return set(waiting(client))


FETCH = "You can fetch the set-up pass of 1 colleague"
SAY = "1 person came back with a set-up pass. Was it really them?"


def of_page(person, what):
    """Return how many requests their page lets somebody decide on so (`may_fetch`, `may_say_who`)."""
    found = queries.listed(person.customer_id, me=person.id, now=timezone.now())
    return sum(getattr(one, what) for one in found)


@pytest.mark.parametrize("was_them", [True, False])
def test_who_may_fetch_a_pass_and_who_may_say_who_came_back_are_told(
    client, owner, colleague, was_them
):
    zoe = Administrator.objects.of(owner.customer_id).get(first_name="Zoe")
    codes.enable_app(colleague)
    long_ago(owner, zoe, colleague)
    policies.ask(owner.customer_id, recovery_by=RecoveryBy.TWO)
    request, theirs = help_with(colleague, zoe).request, browsers.browser_of_with_factor(zoe)
    agree(request, owner)
    assert (told(client), told(theirs)) == (set(), {FETCH})
    assert (of_page(owner, "may_fetch"), of_page(zoe, "may_fetch")) == (0, 1)
    words = fetch(request, zoe)
    assert told(theirs) == set()
    auth = come_in(colleague, words)
    assert told(theirs) == set()
    set_up_again(colleague, auth)
    for client_of, person in ((client, owner), (theirs, zoe)):
        assert told(client_of) == {SAY}
        assert of_page(person, "may_say_who") == 1
    # Not to themselves, also if they look after people.
    rows(colleague).update(tabs=" home administrators ")
    colleague.recovery_sets.update(saved_at=timezone.now())
    colleague.factors.exclude(suspended_at=None).delete()
    assert told(browsers.browser_of_with_factor(people.again(colleague))) == set()
    say_who(request, zoe, was_them=was_them)
    assert (told(client), told(theirs)) == (set(), set())


def test_a_pass_that_time_agreed_to_waits_for_who_asked_for_a_day(client, owner, colleague):
    codes.enable_app(colleague)
    long_ago(owner, colleague)
    policies.ask(owner.customer_id, recovery_by=RecoveryBy.TWO)
    request, now = help_with(colleague, owner).request, timezone.now()
    stored = RecoveryRequest.objects.filter(id=request.id)
    for hours, is_told in ((0, True), (23, True), (24, False), (-1, False)):
        stored.update(due_at=now - timedelta(hours=hours))
        assert (FETCH in told(client)) is is_told
        assert of_page(owner, "may_fetch") == is_told
    # What is mailed to the person is fetched by nobody.
    stored.update(due_at=now, way=Way.WAITING)
    assert (told(client), of_page(owner, "may_fetch")) == (set(), 0)


def test_the_pass_that_support_asked_for_waits_for_who_agreed(client, owner, colleague):
    codes.enable_app(colleague)
    long_ago(owner, colleague)
    request = ask_as_support(colleague, make_staff())
    agree(request, owner)
    zoe = Administrator.objects.of(owner.customer_id).get(first_name="Zoe")
    assert told(client) == {FETCH}
    assert told(browsers.browser_of_with_factor(zoe)) == set()
    RecoveryRequest.objects.filter(id=request.id).update(
        approved_at=timezone.now() - timedelta(hours=24)
    )
    assert (told(client), of_page(owner, "may_fetch")) == (set(), 0)


def test_who_came_back_can_be_told_for_thirty_days(client, owner, colleague):
    codes.enable_app(colleague)
    long_ago(owner, colleague)
    helped, now = help_with(colleague, owner), timezone.now()
    set_up_again(colleague, come_in(colleague, helped.words))
    issued = SetUpPass.objects.filter(request=helped.request)
    for days, is_told in ((29, True), (30, False)):
        issued.update(used_at=now - timedelta(days=days))
        assert (SAY in told(client)) is is_told
        assert of_page(owner, "may_say_who") == is_told


def test_who_waits_and_what_support_asks_for_is_told_too(client, owner, outsider, colleague):
    codes.enable_app(colleague)
    long_ago(owner, colleague)
    request = ask_as_support(colleague, make_staff())
    assert waiting(client) == HELP
    assert waiting(browsers.browser_signed_in_by_service(outsider)) == {}
    RecoveryRequest.objects.filter(id=request.id).update(
        way=Way.WAITING, second=False, asked_by=colleague, due_at=timezone.now() + timedelta(days=3)
    )
    assert waiting(client) == HELP
    RecoveryRequest.objects.filter(id=request.id).update(administrator=owner, asked_by=owner)
    assert waiting(client) == {}


def test_support_that_asks_to_manage_is_told_of_and_sees_none_of_it_itself(client, owner):
    long_ago(owner)
    staff = managing.make_manager()
    theirs = browsers.browser_of_with_factor(staff)
    asked = managing.ask(theirs, owner)
    words = {"1 request from support to manage your portal is waiting for approval": "/managing/"}
    assert waiting(client) == words
    managing.agree(client, asked)
    assert waiting(client) == {}
    managing.begin(theirs, owner)
    codes.enable_app(colleague := people.make_administrator(owner.customer, email="sam@x.example"))
    long_ago(colleague)
    ask_as_support(colleague, make_staff("other@provider.example"))
    assert waiting(client) == HELP
    assert waiting(theirs) == {}


def test_not_seen_begins_after_90_days_and_is_told_of_the_active_alone(client, owner):
    sam = people.make_administrator(owner.customer, email="sam@harbourbakery.example")
    now = timezone.now()
    for days, is_told in ((89, False), (91, True)):
        rows(sam).update(last_signed_in_at=now - timedelta(days=days))
        assert bool(line_with(client, "not signed in for 90 days")) is is_told
    for status in (Status.INVITED, Status.SUSPENDED, Status.REMOVED):
        rows(sam).update(status=status)
        assert line_with(client, "not signed in for 90 days") is None


def test_colleagues_with_one_device_and_no_codes(client, owner):
    zoe = Administrator.objects.of(owner.customer_id).get(first_name="Zoe")
    zoe.recovery_sets.all().delete()
    codes.enable_app(zoe, name="Tablet")
    assert line_with(client, "one device and no recovery codes") is None
    zoe.factors.filter(name="Tablet").delete()
    from doorward.credentials import standing  # noqa: PLC0415

    standing.keep(zoe.id)
    address = line_with(client, "1 person has one device and no recovery codes")
    assert address == "/administrators/?factor=one-device"
    assert listed(client, address) == {zoe.email, owner.email}


def test_an_exception_that_ends_soon(client, owner):
    zoe = Administrator.objects.of(owner.customer_id).get(first_name="Zoe")
    now = timezone.now()
    made = PolicyException.objects.create(
        administrator=zoe, reason="Travelling", made_at=now, ends_at=now + timedelta(days=6)
    )
    words = "1 exception from the policy ends within a week"
    assert lines(client) == {words: "/account/#exceptions"}
    for columns in ({"ends_at": now + timedelta(days=8)}, {"ended_at": now}):
        PolicyException.objects.filter(id=made.id).update(**columns)
        assert lines(client) == {}


def test_another_customer_and_who_looks_after_nobody_are_not_told(owner, colleague, outsider):
    rows(outsider).update(mail_problem=MailProblem.FULL)
    rows(colleague).update(mail_problem=MailProblem.FULL)
    assert line_with(browsers.browser_of(owner), "Mail to 1 person is refused")
    assert "Needs attention" not in browsers.browser_of(colleague).get("/").content.decode()


def test_a_wave_that_waits_is_told_until_somebody_goes_on(client, owner):
    """To who has no Account tab, too: they have the power to go on, and this is their place for it."""
    now = timezone.now()
    begun = now - timedelta(days=12)
    policies.require(
        owner.customer_id, since=begun, from_day=(now + timedelta(days=18)).date(), waves=True
    )
    words = "The next wave waits: too many people of the last one are not ready."
    assert words not in lines(client)
    policy = versions.policy_of_customer(owner.customer_id)
    policy.pauses().create(
        customer_id=owner.customer_id, since=begun, wave=2, stuck=6, people=7, paused_at=now
    )
    versions.refresh(policy, now=now)
    assert lines(client)[words] == "/account/#wave-waits"
    assert 'id="wave-waits"' in client.get("/account/").content.decode()
    rows(owner).update(tabs=" home administrators ")
    assert lines(client)[words] == "/account/waves/"
    assert client.post("/account/waves/")["Location"] == "/"
    assert words not in lines(client)
