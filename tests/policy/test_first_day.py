"""The provider's own people are asked for two factors from the first day, and nothing lowers that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.accounts.required_of import policy_of
from doorward.audit.actor import CONSOLE
from doorward.cli import first_start
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers.models import Customer
from doorward.kernel.errors import FieldsRefused
from doorward.policy import series, versions
from doorward.policy.fields import DEFAULTS, LOOSEST, Kinds, RequiredOf
from doorward.policy.first_day import require_of_staff
from doorward.policy.models import PolicyVersion
from doorward.policy.versions import Wanted, minimum_of_customer
from tests.kit import browsers, codes, people, policies, staff

pytestmark = pytest.mark.django_db
EVERYONE = replace(LOOSEST, required_of=RequiredOf.EVERYONE)


@pytest.fixture
def provider():
    made = people.provider()
    require_of_staff(now=timezone.now())
    return Customer.objects.select_related("brand").get(id=made.id)


def save(provider, values, **rest):
    owner, now = minimum_of_customer(provider.id), timezone.now()
    wanted = Wanted(values=values, **rest)
    return policy_change.save(owner, wanted, actor=CONSOLE, now=now)


def test_a_start_sees_to_it_once(provider):
    require_of_staff(now=timezone.now())
    assert PolicyVersion.objects.count() == 1
    nora = staff.member("nora@provider.example")
    policy = policy_of(nora, now=timezone.now())
    assert policy.required
    assert policy.held
    assert not policy.in_grace(timezone.now())


def test_the_start_of_a_new_installation_is_one(monkeypatch):
    """What each command and `doorward run` do before anything else."""
    monkeypatch.setattr(first_start, "migrate", lambda: None)
    first_start.bring_up_to_date()
    provider = people.provider()
    assert versions.asks_enough_of_staff(_minimum(provider))


def _minimum(provider):
    row = Customer.objects.get(id=provider.id)
    [one] = series.load(row.minimum)
    return one.values


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"required_of": RequiredOf.NOBODY}, "required_of"),
        ({"required_of": RequiredOf.TICKED}, "required_of"),
        (
            {"required_of": RequiredOf.TABS, "tabs": frozenset({"customers"})},
            "required_of",
        ),
        ({"newcomer_days": 5}, "newcomer_days"),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["now", "planned"])
def test_no_version_of_it_asks_for_less(provider, changes, field, later):
    starts = timezone.now() + timedelta(days=3) if later else None
    with pytest.raises(FieldsRefused) as caught:
        save(provider, replace(EVERYONE, **changes), starts_at=starts)
    assert set(caught.value.fields) == {field}
    assert _minimum(provider) == EVERYONE


def test_it_may_ask_for_more(provider):
    nora = staff.member("nora@provider.example")
    codes.enable_app(nora)
    assert save(provider, replace(EVERYONE, trust_days=0, session_hours=4))
    assert save(provider, replace(EVERYONE, session_hours=6))


def test_nor_does_the_policy_of_the_provider_itself(provider):
    nora = staff.member("nora@provider.example")
    policies.ask(provider.id, required_of=RequiredOf.NOBODY)
    assert policy_of(people.again(nora), now=timezone.now()).required
    assert DEFAULTS.required_of is not RequiredOf.EVERYONE


def test_the_first_one_who_comes_is_led_to_set_up(provider):
    nora = staff.member("nora@provider.example")
    browser = browsers.browser_of(nora)
    assert browser.get("/customers/")["Location"] == "/sign-in/mailbox/"


def test_the_pages_say_that_it_is_so_and_let_passkeys_alone_be_asked_for(provider):
    nora = staff.member("nora@provider.example")
    codes.enable_app(nora)
    browser = browsers.browser_of(nora)
    for path in ("/account/", f"/customers/{provider.id}/minimum/"):
        page = browser.get(path).content.decode()
        assert "from the first day" in page, path
        assert f'value="{Kinds.PHISHING_RESISTANT.value}"' in page, path
