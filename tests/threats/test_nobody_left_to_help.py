"""Nobody is left who can help: by a policy, a tick, a suspension, another host; also by thirty changes at once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.conf import settings
from django.utils import timezone

from doorward.accounts import require_two_factors
from doorward.accounts.errors import (
    HelperNeedsApp,
    HelperNeedsFactor,
    HelperNeedsPasskey,
    LastAdministrator,
)
from doorward.accounts.models import Administrator, MailProblem, Standing, Status
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE
from doorward.credentials import removal
from doorward.credentials.models import Factor, Passkey
from doorward.credentials.passkeys import other_host
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers import brands
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.customers.services import CustomerChange
from doorward.gate.loading import load
from doorward.kernel.errors import Refusal
from doorward.policy import versions
from doorward.policy.fields import DEFAULTS, FIELDS, LOOSEST, Kinds, RequiredOf, Values
from doorward.policy.versions import Wanted
from tests.accounts.changing import change, change_to
from tests.kit import browsers, codes, passkeys, people, policies
from tests.kit.racing import at_once
from tests.threats.changes import POLICY

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

RIGHT = frozenset({"home", "administrators"})
SUSPEND = Change(status=Status.SUSPENDED, confirmed=True)
ONLY_PASSKEYS = Values(required_of=RequiredOf.EVERYONE, kinds=Kinds.PHISHING_RESISTANT)


def save(owner, values, *, starts_in=None):
    now = timezone.now()
    starts_at = now + starts_in if starts_in else None
    return policy_change.save(
        owner, Wanted(values=values, starts_at=starts_at), actor=CONSOLE, now=now
    )


def own(person):
    return versions.policy_of_customer(person.customer_id)


@pytest.fixture
def pair(owner):
    """Return two who look after their customer's people."""
    other = people.make_administrator(
        owner.customer, email="tomasz@harbourbakery.example", name="Tomasz Krol", tabs=RIGHT
    )
    return owner, other


# --- policies -------------------------------------------------------------------------------------


def test_a_policy_of_passkeys_alone_wants_one_who_looks_after_people_with_a_passkey_first(pair):
    for person in pair:
        codes.enable_app(person)
    with pytest.raises(HelperNeedsPasskey) as refused:
        save(own(pair[0]), ONLY_PASSKEYS)
    assert refused.value.field == "kinds"
    passkeys.add(pair[1])
    assert save(own(pair[0]), ONLY_PASSKEYS)


@pytest.mark.parametrize("values", [{"from_day": True}, {}])
def test_it_counts_at_its_day_whether_it_is_planned_or_gives_grace(owner, values):
    codes.enable_app(owner)
    day = (timezone.now() + timedelta(days=30)).date()
    wanted = Values(
        required_of=RequiredOf.EVERYONE,
        kinds=Kinds.PHISHING_RESISTANT,
        from_day=day if values else None,
    )
    with pytest.raises(HelperNeedsPasskey):
        save(own(owner), wanted, starts_in=None if values else timedelta(days=30))


@pytest.mark.parametrize("of", ["customer", "brand"])
def test_so_does_a_minimum(owner, of):
    codes.enable_app(owner)
    if of == "customer":
        whose = versions.minimum_of_customer(owner.customer_id)
    else:
        whose = versions.minimum_of_brand(owner.customer.brand_id)
    wanted = Values(
        **{
            name: getattr(LOOSEST, name)
            for name in FIELDS
            if name not in {"required_of", "tabs", "kinds"}
        },
        required_of=RequiredOf.TABS,
        tabs=frozenset({"administrators"}),
        kinds=Kinds.PHISHING_RESISTANT,
    )
    with pytest.raises(HelperNeedsPasskey) as refused:
        save(whose, wanted, starts_in=timedelta(days=1))
    assert refused.value.data["customer"] == owner.customer.name


def test_taking_back_a_planned_version_that_would_let_them_through_is_refused_too(owner):
    passkeys.add(owner)
    assert save(own(owner), ONLY_PASSKEYS)
    off = save(own(owner), DEFAULTS, starts_in=timedelta(days=7))
    Factor.objects.update(locked_at=timezone.now())
    people.disable_apps(owner)
    # Nobody gets through before that either: what loosens is never refused.
    policy_change.withdraw(off.id, own(owner), actor=CONSOLE, now=timezone.now())


def test_who_has_nothing_is_led_to_set_it_up_and_counts_as_long_as_mail_reaches_them(owner):
    Administrator.objects.of(owner.customer_id).update(mail_problem=MailProblem.NO_MAILBOX)
    with pytest.raises(HelperNeedsFactor):
        save(own(owner), Values(required_of=RequiredOf.EVERYONE))
    Administrator.objects.of(owner.customer_id).update(mail_problem="")
    assert save(own(owner), Values(required_of=RequiredOf.EVERYONE))


def test_an_exception_does_not_count_since_it_ends(owner, pair):
    codes.enable_app(pair[1])
    soon = timezone.now() + timedelta(days=3)
    Administrator.objects.of(owner.customer_id).update(excepted_until=soon)
    codes.enable_app(owner)
    with pytest.raises(HelperNeedsPasskey):
        save(own(owner), ONLY_PASSKEYS)


def test_the_page_says_at_its_field_what_to_do_first(owner):
    codes.enable_app(owner)
    browser = browsers.browser_of(owner)
    answer = browser.post("/account/", POLICY | {"kinds": "phishing_resistant"})
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "First let one of them add a passkey." in said
    assert 'id="kinds-error"' in said


@pytest.mark.parametrize("standing", Standing)
def test_each_way_to_stand_with_the_second_factor_is_known(owner, standing):
    Administrator.objects.of(owner.customer_id).update(standing=standing)
    able = {Standing.NONE, Standing.PASSKEY, Standing.PASSKEY_BACKED}
    # Nobody gets through with a disabled device before it either.
    if standing in able | {Standing.LOCKED}:
        assert save(own(owner), ONLY_PASSKEYS)
    else:
        with pytest.raises(HelperNeedsPasskey):
            save(own(owner), ONLY_PASSKEYS)


# --- people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [SUSPEND, Change(status=Status.REMOVED, confirmed=True), Change(tabs=frozenset({"home"}))],
    ids=["suspended", "removed", "without the tab"],
)
def test_the_last_one_who_gets_through_stays(pair, wanted):
    able, other = pair
    codes.enable_app(able)
    codes.enable_app(other)
    policies.require(able.customer_id)
    people.disable_apps(other)
    with pytest.raises(HelperNeedsFactor):
        change_to(able, wanted, people.actor(other))
    change_to(other, wanted, people.actor(able))


def test_a_tick_of_the_last_one_who_was_asked_nothing_is_refused(pair):
    able, other = pair
    save(own(able), Values(kinds=Kinds.PHISHING_RESISTANT))
    codes.enable_app(other)
    codes.enable_app(able)
    change(other, able, require_2fa=True)
    with pytest.raises(HelperNeedsPasskey) as refused:
        change(able, other, require_2fa=True)
    assert refused.value.field == "require_2fa"
    with pytest.raises(HelperNeedsPasskey):
        require_two_factors.require_several(
            [able.id], customer_id=able.customer_id, actor=people.actor(other), now=timezone.now()
        )


def test_what_cannot_be_done_is_not_asked_about_first(owner):
    with pytest.raises(LastAdministrator):
        change(owner, None, status=Status.SUSPENDED, confirmed=False)


def test_the_last_passkey_of_somebody_with_an_exception_stays(owner):
    passkeys.add(owner)
    save(own(owner), ONLY_PASSKEYS)
    codes.enable_app(owner)
    soon = timezone.now() + timedelta(days=3)
    Administrator.objects.of(owner.customer_id).update(excepted_until=soon)
    client = browsers.browser_signed_in_by_service(owner)
    auth = load(client.cookies[settings.SESSION_COOKIE_NAME].value, now=timezone.now())
    assert auth
    with pytest.raises(HelperNeedsPasskey):
        removal.remove(
            Passkey.objects.get().factor_id,
            auth=auth,
            actor=people.actor(owner),
            now=timezone.now(),
        )


# --- hosts ----------------------------------------------------------------------------------------


def other_brand():
    return Brand.objects.create(name="Lit", issuer="Lit", hosts=["lit.localhost"])


def moved(person, brand):
    wanted = CustomerChange(
        name=person.customer.name,
        brand_id=brand.id,
        status=CustomerStatus.ACTIVE,
        confirmed=True,
    )
    other_host.change_customer(person.customer_id, wanted, actor=CONSOLE, now=timezone.now())


def test_a_customer_whose_helpers_have_passkeys_alone_gets_no_other_host(pair):
    passkeys.add(pair[0])
    passkeys.add(pair[1])
    with pytest.raises(HelperNeedsApp):
        moved(pair[0], other_brand())
    codes.enable_app(pair[1])
    moved(pair[0], other_brand())


def test_nor_does_the_brand_of_such_a_customer(owner):
    passkeys.add(owner)
    details = brands.BrandDetails(
        name="Northline", hosts="portal.other.example", accent="#123456", issuer="Northline"
    )
    with pytest.raises(HelperNeedsApp):
        other_host.change_brand(owner.customer.brand_id, details, actor=CONSOLE, now=timezone.now())
    codes.enable_app(owner)
    other_host.change_brand(owner.customer.brand_id, details, actor=CONSOLE, now=timezone.now())


def test_nor_a_brand_whose_minimum_they_do_not_meet(owner):
    codes.enable_app(owner)
    brand = other_brand()
    policies.require_by_brand(brand.id, kinds=Kinds.PHISHING_RESISTANT)
    with pytest.raises(HelperNeedsPasskey):
        moved(owner, brand)


# --- who had nobody before ------------------------------------------------------------------------


def test_a_customer_that_has_nobody_is_kept_from_nothing(customer, outsider):
    assert save(versions.policy_of_customer(customer.id), ONLY_PASSKEYS)
    only = people.make_administrator(customer, email="only@harbourbakery.example", tabs=RIGHT)
    codes.enable_app(only)
    people.disable_apps(only)
    wanted = Values(required_of=RequiredOf.EVERYONE, session_hours=8)
    assert save(versions.policy_of_customer(customer.id), wanted)
    assert Customer.objects.count() >= 2


# --- at once --------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_are_suspended_at_once_one_who_gets_through_stays(customer):
    """Ten of them have a device that works; the others have a disabled one."""
    everybody = [
        people.make_administrator(customer, email=f"p{number}@harbourbakery.example", tabs=RIGHT)
        for number in range(30)
    ]
    for number, person in enumerate(everybody):
        codes.enable_app(person)
        if number % 3:
            people.disable_apps(person)
    policies.require(customer.id)
    outcomes = at_once([partial(change_to, person, SUSPEND, CONSOLE) for person in everybody])
    left = Administrator.objects.of(customer.id).filter(status=Status.ACTIVE)
    able = Factor.objects.filter(administrator__in=left, locked_at__isnull=True)
    assert able.exists(), outcomes
    refusals = [one for one in outcomes if isinstance(one, Exception)]
    assert refusals
    assert all(isinstance(one, LastAdministrator) for one in refusals), outcomes


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of", ["policy", "brand"])
def test_a_policy_and_the_suspension_of_who_could_meet_it_do_not_both_go_through(pair, of):
    able, other = pair
    brand = versions.minimum_of_brand(able.customer.brand_id)
    whose = own(able) if of == "policy" else brand
    passkeys.add(able)
    codes.enable_app(other)
    outcomes = at_once(
        [
            partial(save, whose, ONLY_PASSKEYS),
            partial(change_to, able, SUSPEND, people.actor(other)),
        ]
    )
    assert len([one for one in outcomes if isinstance(one, Refusal)]) == 1, outcomes
