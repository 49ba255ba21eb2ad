from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doorward.customers.tabs import BUILT_IN, OF_STAFF
from tests.kit import codes, people

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


@pytest.fixture
def boss(db: None) -> Administrator:
    """Return one of the provider's staff with every tab there is, and an app."""
    return make_boss()


def make_boss() -> Administrator:
    person = people.make_administrator(
        people.provider(),
        email="nora@northline.example",
        name="Nora Whitfield",
        tabs=BUILT_IN + OF_STAFF,
    )
    codes.enable_app(person)
    return person
