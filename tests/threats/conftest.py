from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from doorward.customers.tabs import BUILT_IN, STAFF
from tests import support

if TYPE_CHECKING:
    from doorward.administrators.models import Administrator


@pytest.fixture
def boss(db: None) -> Administrator:
    """Give one of the provider's staff with every tab there is, and an app."""
    person = support.make_administrator(
        support.provider(),
        email="nora@northline.example",
        name="Nora Whitfield",
        tabs=BUILT_IN + STAFF,
    )
    support.enable_app(person)
    return person
