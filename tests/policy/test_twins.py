"""What a policy means, told of values and asked of rows: the same for any person, customer, brand and trust."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doorward.accounts.models import Administrator
from doorward.accounts.required_of import policy_of
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers import rules, trust
from doorward.customers.models import Brand, Customer
from doorward.directory import counts
from doorward.directory.search_and_sort import Wanted, found, matching
from doorward.directory.state import FactorFilter, Rule
from doorward.policy import series
from doorward.policy.fields import DEFAULTS, LOOSEST, Kinds, RequiredOf, Values
from doorward.sessions.facts import TrustFacts
from tests.kit import people
from tests.kit.rows import rolled_back

if TYPE_CHECKING:
    from doorward.policy.rules import Policy

pytestmark = pytest.mark.django_db

PARTS = st.fixed_dictionaries(
    {
        "tick": st.booleans(),
        "customer": st.sampled_from(RequiredOf),
        "minimum": st.sampled_from(RequiredOf),
        "brand": st.sampled_from(RequiredOf),
        "tabs": st.frozensets(st.sampled_from(["home", "activity"]), min_size=1),
    }
)
NOBODY = {
    "tick": False,
    "customer": RequiredOf.TICKED,
    "minimum": RequiredOf.NOBODY,
    "brand": RequiredOf.NOBODY,
    "tabs": frozenset({"home"}),
}
KINDS = st.sampled_from(list(Kinds))
OF_ONE_TEST = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(person: Administrator, *, asked: dict[str, Any], **values: object) -> Policy:
    """Write down who asks for two factors; return what holds then."""
    Administrator.objects.of(person.customer_id).update(require_2fa=asked["tick"])
    now, tabs = timezone.now() - timedelta(days=9), asked["tabs"]

    def series_of(required_of: RequiredOf, base: Values, **more: Any) -> str:
        values = replace(base, required_of=required_of, tabs=tabs, **more)
        return series.dump(series.arrange([(1, now, values)]), now=now)

    Customer.objects.filter(id=person.customer_id).update(
        policy=series_of(asked["customer"], DEFAULTS, **values),
        minimum=series_of(asked["minimum"], LOOSEST),
    )
    Brand.objects.filter(id=person.customer.brand_id).update(
        minimum=series_of(asked["brand"], LOOSEST)
    )
    return policy_of(people.again(person), now=timezone.now())


@OF_ONE_TEST
@given(asked=PARTS)
def test_who_is_required(owner: Administrator, asked: dict[str, Any]) -> None:
    with rolled_back():
        Administrator.objects.of(owner.customer_id).update(tabs=" home ")
        policy = write(owner, asked=asked)
        told = policy.required
        assert told == (asked["tick"] or policy.scope.covers(frozenset({"home"})))
        wanted, rule = Wanted(factor=FactorFilter.REQUIRED), Rule.of(policy)
        assert told == matching(owner.customer_id, wanted, rule).exists()
        assert told == bool(found(counts.groups(owner.customer_id, policy.scope), wanted, rule))


@OF_ONE_TEST
@given(
    asked=PARTS,
    kinds=KINDS,
    days=st.integers(0, 3),
    begun_with=st.tuples(st.booleans(), KINDS, st.integers(1, 3)),
    age=st.tuples(st.integers(0, 3), st.sampled_from([-1, 0, 1])),
    version=st.sampled_from([0, 0, 0, 1]),
)
@example(NOBODY, Kinds.ANY, 2, (False, Kinds.ANY, 3), (2, 0), 0)
@example(NOBODY, Kinds.ANY, 2, (False, Kinds.ANY, 3), (2, -1), 0)
def test_when_trust_holds(
    owner: Administrator,
    asked: dict[str, Any],
    kinds: Kinds,
    days: int,
    begun_with: tuple[bool, Kinds, int],
    age: tuple[int, int],
    version: int,
) -> None:
    now, (required, kinds_then, days_then) = timezone.now(), begun_with
    trusted_at = now - timedelta(days=age[0], seconds=age[1])
    facts = TrustFacts(
        trusted_at=trusted_at,
        until=trusted_at + timedelta(days=days_then),
        security_version=owner.security_version + version,
        required=required,
        kinds=kinds_then,
    )
    with rolled_back():
        policy = write(owner, asked=asked, kinds=kinds, trust_days=days)
        TrustedBrowser.objects.create(
            administrator=owner,
            token_hash=b"x" * 32,
            security_version=facts.security_version,
            required=required,
            kinds=kinds_then,
            trusted_at=trusted_at,
            until=facts.until,
            browser="",
        )
        told = rules.holds(facts, policy, security_version=owner.security_version, now=now)
        trust.follow_policy(Customer.objects.filter(id=owner.customer_id), now=now)
        # What the policy shortened ends with the next round.
        trust.forget(now=now)
        assert told == TrustedBrowser.objects.exists()
