"""A set-up takes the place of a factor that works, or gives its secret to somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from doorward.audit.events import Kind
from doorward.core import errors
from tests import support
from tests.mfa.test_proving import begin, prove, reload
from tests.mfa.test_set_up import confirm, show

pytestmark = pytest.mark.django_db


def test_another_browser_of_the_same_person_sees_another_secret(owner):
    mine, thief = begin(owner), begin(owner)
    secret = show(mine)
    assert show(thief) != secret
    with pytest.raises(errors.WrongCode):
        confirm(thief, support.code(secret), owner)


def test_it_never_overwrites_a_factor_that_works(owner, clock):
    loaded = begin(owner)
    working = support.enable_app(owner)
    stale = loaded  # its facts are from before the factor was there
    with pytest.raises(errors.AlreadyEnabled):
        confirm(stale, support.code(show(stale)), owner)
    prove(begin(owner), support.code(working), owner)


def test_a_further_app_leaves_the_first_one_working(owner, clock):
    first = support.enable_app(owner)
    loaded = reload(prove(begin(owner), support.code(first), owner))
    confirm(loaded, support.code(show(loaded)), owner, name="Tablet")
    clock.shift(timedelta(seconds=60))
    prove(begin(support.again(owner)), support.code(first), owner)
    assert len(support.events(Kind.FACTOR_ADDED)) == 1
