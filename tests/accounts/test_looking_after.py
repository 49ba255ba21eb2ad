"""Who looks after a customer's people, told of a person, asked of rows and held as a right: the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorward.accounts.looking_after import who_look_after
from doorward.accounts.models import Administrator, Status, tabs_text
from doorward.customers.rights import is_allowed
from doorward.permissions.actions import Action
from tests.kit import people
from tests.kit.rows import rolled_back

pytestmark = pytest.mark.django_db

# One whose key is nearly that of the tab itself, too.
TABS = st.frozensets(
    st.sampled_from(["home", "administrators", "administrators2", "my-administrators"])
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(status=st.sampled_from(list(Status)), tabs=TABS)
def test_whatever_their_state_and_tabs(
    owner: Administrator, status: Status, tabs: frozenset[str]
) -> None:
    with rolled_back():
        rows = Administrator.objects.of(owner.customer_id)
        rows.update(status=status, tabs=tabs_text(tabs))
        told = status is Status.ACTIVE and "administrators" in tabs
        assert told == who_look_after(rows).exists()
        actor = people.actor(owner)
        assert told == is_allowed(actor, Action.CHANGE_PERSON, owner.customer_id)
