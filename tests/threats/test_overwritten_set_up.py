"""A set-up takes the place of a factor that works, or gives its secret to somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doorward.credentials.errors import AlreadyEnabled, WrongCode
from doorward.credentials.events import FACTOR_ADDED
from tests.kit import codes, people
from tests.kit.factors import confirm, show, verify_code
from tests.kit.passkeys import begin, reload

pytestmark = pytest.mark.django_db


def test_another_browser_of_the_same_person_sees_another_secret(owner):
    mine, thief = begin(owner), begin(owner)
    secret = show(mine)
    assert show(thief) != secret
    with pytest.raises(WrongCode):
        confirm(thief, codes.code(secret), owner)


def test_it_never_overwrites_a_factor_that_works(owner, clock):
    auth = begin(owner)
    working = codes.enable_app(owner)
    stale = auth  # its facts are from before the factor was there
    with pytest.raises(AlreadyEnabled):
        confirm(stale, codes.code(show(stale)), owner)
    verify_code(begin(owner), codes.code(working), owner)


def test_a_further_app_leaves_the_first_one_working(owner, clock):
    first = codes.enable_app(owner)
    auth = reload(verify_code(begin(owner), codes.code(first), owner))
    confirm(auth, codes.code(show(auth)), owner, name="Tablet")
    clock.shift(timedelta(seconds=60))
    verify_code(begin(people.again(owner)), codes.code(first), owner)
    assert len(people.events(FACTOR_ADDED)) == 1
