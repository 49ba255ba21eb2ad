"""What a policy means, told of values and asked of rows: the same for any person, customer, brand and trust."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from doorward.accounts.models import Administrator
from doorward.accounts.requirement import policy_of
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers import rules, trust
from doorward.customers.models import Brand, Customer
from doorward.directory.search import Wanted, matching
from doorward.directory.state import FactorFilter, Rule
from doorward.policy.effective import required_rows
from doorward.policy.rules import Kinds, is_required
from doorward.sessions.facts import TrustFacts
from tests.kit import people
from tests.kit.rows import rolled_back

if TYPE_CHECKING:
    from doorward.policy.rules import Policy

pytestmark = pytest.mark.django_db

ASKED = st.fixed_dictionaries(
    dict.fromkeys(("tick", "customer", "minimum", "brand"), st.booleans())
)
KINDS = st.sampled_from(list(Kinds))
OF_ONE_TEST = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(person: Administrator, *, asked: dict[str, bool], **columns: object) -> Policy:
    """Write down who asks for two factors; return what holds then."""
    Administrator.objects.of(person.customer_id).update(require_2fa=asked["tick"])
    Customer.objects.filter(id=person.customer_id).update(
        require_2fa=asked["customer"], floor_require_2fa=asked["minimum"], **columns
    )
    Brand.objects.filter(id=person.customer.brand_id).update(require_2fa=asked["brand"])
    return policy_of(people.again(person))


@OF_ONE_TEST
@given(asked=ASKED)
def test_who_is_required(owner: Administrator, asked: dict[str, bool]) -> None:
    with rolled_back():
        policy = write(owner, asked=asked)
        told = policy.required
        assert told == is_required(ticked=asked["tick"], held=policy.held)
        rows = Administrator.objects.of(owner.customer_id)
        assert told == rows.filter(required_rows()).exists()
        wanted = Wanted(factor=FactorFilter.REQUIRED)
        assert told == matching(owner.customer_id, wanted, Rule.of(policy)).exists()


NOBODY = {"tick": False, "customer": False, "minimum": False, "brand": False}


@OF_ONE_TEST
@given(
    asked=ASKED,
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
    asked: dict[str, bool],
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
        trust.follow_policy(owner.customer_id, now=now)
        # What the policy shortened ends with the next round.
        trust.forget(now=now)
        assert told == TrustedBrowser.objects.exists()
