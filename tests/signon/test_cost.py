"""What a sign-in to a second application costs beside bare signatures, and a proxy's question beside bare answers."""

from __future__ import annotations

import time
from itertools import count

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of
from tests.kit.sites import TAB, AtSite, believe, make_site

pytestmark = pytest.mark.django_db
ROUNDS = 40
# Some 5 ms of CPU beside 0.03 ms for a signature by ES256, on a machine with nothing else to do.
MOST_SIGNATURES = 400
# About as much, with the test client's own part in both: it takes most of either.
MOST_BARE_ANSWERS = 2


def test_it_costs_as_much_as_some_hundred_signatures(owner):
    give_tab(owner)
    application = make_application(algorithm="ES256")
    relying = Relying(application, make_secret(application))
    browser, key, number = browser_of(owner), ECKey.generate_key("P-256"), count()
    relying.tokens(browser)

    def sign():
        jwt.encode({"alg": "ES256"}, {"number": next(number)}, key, algorithms=["ES256"])

    best = min(_cpu(lambda: relying.tokens(browser)) / _cpu(sign, times=20) for _ in range(5))
    assert best < MOST_SIGNATURES


def test_an_answer_to_a_proxy_costs_as_much_as_some_bare_ones(owner, settings):
    believe(settings)
    give_tab(owner, TAB)
    make_site()
    at_site = AtSite(browser_of(owner))
    at_site.sign_in()
    assert at_site.ask().status_code == 200

    def bare():
        at_site.site.get("/healthz")

    best = min(_cpu(at_site.ask, times=5) / _cpu(bare, times=5) for _ in range(5))
    assert best < MOST_BARE_ANSWERS


def _cpu(call, times: int = 1) -> float:
    """Return the seconds of CPU that one call takes."""
    before = time.process_time()
    for _ in range(ROUNDS // 4 * times):
        call()
    return (time.process_time() - before) / (ROUNDS // 4 * times)
