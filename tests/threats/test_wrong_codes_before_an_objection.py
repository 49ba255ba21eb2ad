"""A stranger with the password gives wrong codes, so that the owner can neither object nor take their device back.

What ends help is never counted. Codes are counted, for unknown browsers apart from those in which the owner was: who
has to wait is told until when, and never for longer than an hour of the day in which a device can be taken back.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from doorward.credentials.models import Factor
from doorward.credentials.suspension import TAKEN_BACK_WITHIN
from doorward.kernel.ratelimit import rules
from doorward.recovery.models import RecoveryRequest, State
from tests.kit import browsers, codes
from tests.kit.people import CHROME, PASSWORD
from tests.kit.recovering import come_in, help_with, long_ago, second_helper, set_up_again
from tests.threats.test_recovery import object_by_mail
from tests.threats.test_suspended_factor import suspend

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db
TAKE_BACK, CODE = "/sign-in/take-back/", "/sign-in/code/"
TRIES = 12


@pytest.fixture
def own(clock: time_machine.Traveller, owner: Administrator, colleague: Administrator) -> Client:
    """Return the browser in which somebody with an app was signed in before; a helper is there, too."""
    for person in (owner, colleague):
        codes.enable_app(person)
    long_ago(owner)
    return browsers.browser_of(colleague)


def with_password(person: Administrator, client: Client) -> Client:
    answer = client.post("/sign-in/", {"email": person.email, "password": PASSWORD})
    assert answer.status_code == 303
    return client


def guessing(person: Administrator, path: str, **typed: str) -> list[int]:
    """Return how each try of a stranger's browser was answered; where it must wait, the page says how long."""
    stranger, found = with_password(person, Client(HTTP_USER_AGENT=CHROME)), []
    for _ in range(TRIES):
        answer = stranger.post(path, typed)
        found.append(answer.status_code)
        if answer.status_code == 429:
            assert 0 < int(answer["Retry-After"]) <= rules.LONGEST_WAIT
            page = answer.content.decode()
            assert f'data-waits="{answer["Retry-After"]}"' in page
            assert "in a browser that you used before" in page
    return found


def works(person: Administrator) -> bool:
    return Factor.objects.filter(
        administrator=person, suspended_at__isnull=True, locked_at__isnull=True
    ).exists()


def test_the_owner_takes_their_device_back_where_they_were_before(own, colleague):
    suspend(colleague)
    assert guessing(colleague, TAKE_BACK, code="000000") == [422] * 5 + [429] * 7
    own.post("/sign-out/")
    answer = with_password(colleague, own).post(TAKE_BACK, {"code": codes.next_code(colleague)})
    assert answer.status_code == 303
    assert works(colleague)


def test_elsewhere_they_wait_as_long_as_the_page_says_and_no_day(own, colleague, clock):
    suspend(colleague)
    guessing(colleague, TAKE_BACK, code="000000")
    new = with_password(colleague, Client(HTTP_USER_AGENT=CHROME))
    answer = new.post(TAKE_BACK, {"code": codes.next_code(colleague)})
    assert answer.status_code == 429
    wait = timedelta(seconds=int(answer["Retry-After"]))
    assert wait < TAKEN_BACK_WITHIN
    clock.shift(wait)
    answer = with_password(colleague, new).post(TAKE_BACK, {"code": codes.next_code(colleague)})
    assert answer.status_code == 303
    assert works(colleague)


@pytest.mark.parametrize("path", [TAKE_BACK, CODE])
def test_nobody_is_kept_from_objecting(own, owner, colleague, path):
    help_with(colleague, owner)
    guessing(colleague, path, code="000000")
    object_by_mail(colleague)
    assert RecoveryRequest.objects.get().state == State.REFUSED


def test_nor_from_saying_that_it_was_not_them_who_came_back(own, owner, colleague):
    helped = help_with(colleague, owner)
    auth = come_in(colleague, helped.words)
    set_up_again(colleague, auth)
    guessing(colleague, CODE, code="000000")
    object_by_mail(colleague)
    assert RecoveryRequest.objects.get().state == State.DENIED


def test_nor_from_refusing_as_a_colleague_whose_own_codes_were_guessed_at(own, owner, colleague):
    """Neither in the session that is open, nor where they sign in again in the same browser."""
    other = second_helper(owner)
    asked = help_with(colleague, owner).request
    page, theirs = f"/requests/{asked.id}/", browsers.browser_of(other)
    guessing(other, CODE, code="000000")
    assert theirs.get(page).status_code == 200
    theirs.post("/sign-out/")
    assert browsers.sign_in(theirs, other).post(page).status_code == 303
    assert RecoveryRequest.objects.get().state == State.REFUSED
