"""An application that sends no state and no nonce: a code of one browser is still of no use in another's.

Whoever gets a code into another browser than the one that asked has not the verifier that goes with it.
"""

from __future__ import annotations

import pytest

from doorward.applications.events import APPLICATION_REUSED
from tests.kit import people
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret, said
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
BARE = {"state": None, "nonce": None}


@pytest.fixture
def application(owner, colleague):
    for person in (owner, colleague):
        give_tab(person)
    return make_application()


@pytest.fixture
def secret(application):
    return make_secret(application)


def test_nothing_is_made_up_in_their_place(owner, application, secret):
    relying = Relying(application, secret)
    answer = answer_of(relying.ask(browser_of(owner), **BARE))
    assert answer.keys() == {"code", "iss"}
    assert "nonce" not in said(relying.exchange(answer["code"]).json()["id_token"])


def test_a_thief_s_code_in_the_owner_s_browser_gives_nothing(owner, colleague, application, secret):
    theirs, mine = Relying(application, secret), Relying(application, secret)
    stolen = theirs.code(browser_of(people.again(colleague)), **BARE)
    mine.ask(browser_of(owner), **BARE)
    # What the owner's browser began has another verifier.
    refused = mine.exchange(stolen)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    # And from then on it is of no use to the thief either.
    assert theirs.exchange(stolen).status_code == 400
    assert len(people.events(APPLICATION_REUSED)) == 1


def test_each_answer_has_the_state_and_nonce_of_its_own_request(owner, application, secret):
    browser = browser_of(owner)
    one, other = Relying(application, secret), Relying(application, secret)
    answers = {relying: answer_of(relying.ask(browser)) for relying in (one, other)}
    for relying, answer in answers.items():
        assert answer["state"] == relying.state
        assert said(relying.exchange(answer["code"]).json()["id_token"])["nonce"] == relying.nonce


def test_a_second_state_or_nonce_is_one_too_many(owner, application, secret):
    address = Relying(application, secret).address()
    # Nobody knows which of two states the application would take for its own.
    assert browser_of(owner).get(f"{address}&state=another").status_code == 422
    refused = answer_of(browser_of(owner).get(f"{address}&nonce=another"))
    assert refused["error"] == "invalid_request"
    assert "code" not in refused
