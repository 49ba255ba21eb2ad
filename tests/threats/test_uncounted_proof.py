"""A route that looks at a proof and does not count it: each one is found in the source, and counts.

Whatever compares a password, a code, a passkey's answer or a mailed code is known here, and so is
every view that leads to it. One that is new makes these tests fail until it is tried like the others.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from doorward.credentials.models import Factor, RecoverySet
from doorward.kernel.models import Attempt
from doorward.kernel.ratelimit import limits, rules, throttle
from doorward.signin.models import MailboxProof
from tests.threats.proofs import WAYS, Person, Way
from tests.whole.callgraph import name_of, reached_from, users_of
from tests.whole.routes import walk

pytestmark = pytest.mark.django_db

# Whatever can tell whether two secrets are the same.
COMPARE = (
    "django.contrib.auth.hashers.verify_password",
    "django.contrib.auth.hashers.check_password",
    "django.utils.crypto.constant_time_compare",
    "hmac.compare_digest",
    "secrets.compare_digest",
    "cryptography.hazmat.primitives.constant_time",
    "doorward.credentials.totp.rules.matched_step",
    "doorward.credentials.totp.clock_rules.off_by_one_code",
    "doorward.credentials.totp.clock_rules.off_by_two_codes",
    "doorward.credentials.passkeys.rules.check_assertion",
    "doorward.credentials.recovery_codes.codes._find",
    ".check_password",
)
# What compares and is no proof that somebody could guess.
NO_GUESS = {
    "doorward.signin.mailbox._looked_at": "part of `verify_code`, which is tried: it counts first",
    "doorward.credentials.recovery_codes.codes._look": "part of `use`, which counts it",
    "doorward.audit.erasure_marks.holds": "a mark in history: 256 bits under a key of ours",
    "doorward.audit.erasure_marks.holds_erased": "the same, beside the hash of an event that was erased",
    "doorward.credentials.password.hashers._pbkdf2": "part of Django's `check_password`: a hash that was imported",
    "doorward.credentials.password.hashers._scrypt": "part of Django's `check_password`: a hash that was imported",
    "doorward.applications.authorization_codes._fits": "code and verifier: 256 bits each; a wrong one uses it up",
    "doorward.applications.visits.take": "a code and a cookie: 256 bits each, and a wrong one uses it up",
    "doorward.accounts.mailed_links._is_of": "a mailed link: 128 bits",
    "doorward.accounts.first_link.find": "the link of a first start: 256 bits",
    "doorward.credentials.password.change.change": "whether the new password is the old one; after it was proved",
    "doorward.credentials.password.change.refuse_current": "compared last: what is another becomes the password",
    "doorward.customers.host_confirmation._ask": "what a host answers for a brand: no secret of a person",
    "doorward.customers.host_confirmation.answer": "whether a host is asked for its own proof: a keyed hash",
    "doorward.credentials.passkeys.origin.check_origin": "part of `check_assertion`, and a challenge is no secret",
    "doorward.credentials.totp.rules.matching_steps": "part of `matched_step` and of the clock doctor",
    "doorward.credentials.passkeys.challenges.consume": "the keyed hash of a challenge: 256 bits",
    "doorward.credentials.recovery_codes.codes.use": "looks at what `_find` found",
    "doorward.sessions.binding._must_answer": "what a device was asked to sign: 256 bits, and no secret",
    "doorward.recovery.set_up_pass._look": "103 bits, and five wrong ones end it: `test_recovery`",
    "doorward.recovery.caller_check._look": "three tries, then it is over: `tests/recovery/test_caller_check.py`",
    "doorward.web.machines.views.metrics": "the monitor's token: 128 bits",
}
ROUTES = {route.pattern: name_of(route.view) for route in walk()}
LOOKS = {way.reaches for way in WAYS}


def test_all_that_compares_secrets_is_known():
    comparing = set().union(*(users_of(name) for name in COMPARE)) - set(COMPARE)
    assert comparing - LOOKS - set(NO_GUESS) == set()


def test_every_view_that_looks_at_a_proof_is_tried():
    found = {
        (pattern, looks) for pattern, view in ROUTES.items() for looks in reached_from(view) & LOOKS
    }
    assert found == {(way.route, way.reaches) for way in WAYS}


def counted() -> int:
    """Return all failures that are counted anywhere, those of addresses apart."""
    own = Attempt.objects.exclude(rule=limits.Rule.ADDRESS).aggregate(n=Sum("failures"))["n"]
    rows = [
        model.objects.aggregate(n=Sum("failures_in_a_row"))["n"] for model in (Factor, RecoverySet)
    ]
    mailed = MailboxProof.objects.aggregate(n=Sum("tries"))["n"]
    return sum(number or 0 for number in (own, *rows, mailed))


def of_address() -> int:
    key = limits.address_key("127.0.0.1").hash
    return Attempt.objects.filter(key=key).aggregate(n=Sum("failures"))["n"] or 0


@pytest.fixture(params=WAYS, ids=str)
def way(request) -> Way:
    found: Way = request.param
    return found


@pytest.fixture
def person(owner, clock, way) -> Person:
    arrived = Person(owner)
    way.arrive(arrived)
    return arrived


def token(person: Person) -> str:
    cookie = person.browser.cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie.value if cookie else ""


def test_a_wrong_one_counts_and_after_five_a_right_one_waits(way, person, clock):
    for _ in range(rules.FREE):
        before, address = counted(), of_address()
        assert person.post(way.path, way.wrong(person)).status_code == 422
        assert counted() > before
        assert of_address() == address + way.of_address
    identifier = token(person)
    answer = person.post(way.path, way.right(person))
    assert answer.status_code == (422 if way.used_up else 429)
    assert token(person) == identifier
    if way.used_up:
        return
    assert int(answer["Retry-After"]) == rules.FIRST_WAIT
    clock.shift(timedelta(seconds=rules.FIRST_WAIT))
    answer = person.post(way.path, way.right(person))
    assert answer.status_code == (303 if way.accepts else 422)


def test_from_an_address_that_waits_a_right_one_waits_too_at_sign_in_and_nowhere_else(way, person):
    for _ in range(rules.ADDRESS_LIMIT):
        throttle.count_failure("127.0.0.1", now=timezone.now())
    before = token(person)
    answer = person.post(way.path, way.right(person))
    if not way.of_address:
        assert answer.status_code == (303 if way.accepts else 422)
        return
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == rules.ADDRESS_WINDOW
    assert token(person) == before


def test_a_right_one_is_let_through_and_clears_its_count(way, person):
    person.post(way.path, way.wrong(person))
    before, address = counted(), of_address()
    answer = person.post(way.path, way.right(person))
    assert answer.status_code == (303 if way.accepts else 422)
    assert of_address() == address + (way.of_address and not way.accepts)
    assert way.accepts or counted() > before
