"""Each threat of a selftest, played against a portal whose guard is gone: it says so, and of the whole one nothing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import transaction
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.audit import sealing
from doorward.audit.actor import CONSOLE
from doorward.audit.events import HISTORY_EXPORTED
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials import removal
from doorward.credentials.errors import RecoveryCodeWrong
from doorward.credentials.models import RecoveryCode
from doorward.credentials.recovery_codes import codes
from doorward.credentials.recovery_codes.rules import normalise
from doorward.credentials.totp import rules, verify
from doorward.customers.scoping import Scoped
from doorward.gate import decision, evaluate
from doorward.gate.requirement import Step
from doorward.kernel.ratelimit import throttle
from doorward.operations.selftest.browser import Target
from doorward.operations.selftest.guards import GUARDS
from doorward.operations.selftest.playing import Verdict, play_all
from doorward.policy.fields import Kinds
from doorward.policy.first_day import require_of_staff
from doorward.sessions import ending, issuing
from doorward.sessions.models import Session
from doorward.web.http import addresses, cookies, csp_nonce, edge, gate, pages
from doorward.web.machines import views as machines
from doorward.web.signin import views as sign_in_views
from tests.kit import people, policies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


BY_NAME = {one.name: one for one in GUARDS}


def waved_through(*steps: Step) -> Callable[[pytest.MonkeyPatch], None]:
    """Return what has the gate let these steps be."""

    def take(monkeypatch: pytest.MonkeyPatch) -> None:
        decide: Any = vars(evaluate)["next_step"]

        def decided(facts: Any, need: Any, *, now: Any) -> Step:
            step: Step = decide(facts, need, now=now)
            return Step.THROUGH if step in steps else step

        monkeypatch.setattr(evaluate, "next_step", decided)

    return take


def instead(where: Any, name: str, new: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda monkeypatch: monkeypatch.setattr(where, name, new)


def any_step(monkeypatch: pytest.MonkeyPatch) -> None:
    matched = rules.matched_step
    window = tuple(range(-5, 6))

    def found(secret: bytes, code: str, **rest: Any) -> int | None:
        return matched(secret, code, **rest | {"window": window})

    monkeypatch.setattr(rules, "matched_step", found)


def any_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "matched_step", lambda *_, now, **_rest: rules.step_at(now))


def active_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in = decision._signed_in

    def still(facts: Any, *, now: Any) -> bool:
        return signed_in(replace(facts, administrator_active=True), now=now)

    monkeypatch.setattr(decision, "_signed_in", still)


def not_required(monkeypatch: pytest.MonkeyPatch) -> None:
    disable = removal.disable

    def disabled(*, auth: Any, **rest: Any) -> None:
        policy = replace(auth.facts.policy, required=False)
        disable(auth=replace(auth, facts=replace(auth.facts, policy=policy)), **rest)

    monkeypatch.setattr(removal, "_refuse_where_required", lambda *_, **_rest: None)
    monkeypatch.setattr(removal, "disable", disabled)


def same_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a browser brings, whatever is verified in it."""
    known: dict[bytes, str] = {}
    begin = issuing.begin

    def begun(*args: Any, **rest: Any) -> Any:
        made = begin(*args, **rest)
        known[issuing.token_hash(made.token)] = made.token
        return made

    def stepped(session_id: Any, *, old_hash: bytes, **verified: Any) -> Any:
        Session.objects.filter(id=session_id).update(**verified)
        return issuing.Started(session_id=session_id, token=known[bytes(old_hash)])

    monkeypatch.setattr(issuing, "begin", begun)
    monkeypatch.setattr(issuing, "step_up", stepped)


def every_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gate, pages):
        monkeypatch.setattr(module, "is_known_host", lambda _: True)


def believed(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(meta: Any) -> tuple[str, bool]:
        address, secure = addresses.sender_of(meta)
        return meta.get("HTTP_X_FORWARDED_FOR", address), secure

    monkeypatch.setattr(edge, "sender_of", said)


def in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def bare(response: Any, token: str) -> Any:
        response.set_cookie(cookies.SESSION, token)
        return response

    monkeypatch.setattr(cookies, "set_session", bare)


def numbers_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    with_token = settings.DOORWARD.model_copy(update={"metrics_token": "x" * 32})
    monkeypatch.setattr(settings, "DOORWARD", with_token)
    monkeypatch.setattr(machines, "hmac", SimpleNamespace(compare_digest=lambda *_: True))


def tampered(monkeypatch: pytest.MonkeyPatch) -> None:
    del monkeypatch
    with transaction.atomic():
        record(HISTORY_EXPORTED, actor=CONSOLE)
    sealing.seal(now=timezone.now())
    Event.rewritable.filter(type=HISTORY_EXPORTED).update(type="people_exported")


def used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let recovery codes be found that were used."""
    rows = RecoveryCode.objects.all()

    def look(auth: Any, code: str, **_rest: Any) -> Any:
        typed = codes._keyed_hash(normalise(code) or "")
        return None if rows.all().filter(keyed_hash=typed).exists() else RecoveryCodeWrong()

    monkeypatch.setattr(codes, "_look", look)


def used_and_still_good(monkeypatch: pytest.MonkeyPatch) -> None:
    # A password that is set ends such links, too.
    monkeypatch.setattr(mailed_links, "consume", lambda *_, **_rest: None)
    monkeypatch.setattr(mailed_links, "revoke", lambda *_, **_rest: 0)


def any_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CsrfViewMiddleware, "_origin_verified", lambda *_: True)
    monkeypatch.setattr(CsrfViewMiddleware, "_check_token", lambda *_: None)


def without_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "_HEADERS", ())
    anything = "default-src * 'unsafe-inline'; frame-ancestors *"
    monkeypatch.setattr(csp_nonce, "_policy", lambda _: anything)


def anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (gate, sign_in_views):
        monkeypatch.setattr(module, "safe_next", lambda path: path)


# What is taken away, by the guard that is to fall.
TAKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "sign-in": waved_through(Step.SIGN_IN),
    "second-step": waved_through(Step.VERIFY_FACTOR),
    "code-once": instead(verify, "_consume", lambda *_, **_rest: True),
    "code-in-time": any_step,
    "code-of-its-app": any_code,
    "guessing": instead(throttle, "count_row", lambda *_, **_rest: 1),
    "recovery-code-once": used_again,
    "enabling-ends-sessions": instead(ending, "end_others", lambda **_: 0),
    "signed-out": instead(ending, "sign_out", lambda *_, **_rest: None),
    "required": waved_through(Step.SET_UP_FACTOR, Step.VERIFY_MAILBOX),
    "disabling": not_required,
    "mailed-link": used_and_still_good,
    "session-identifier": same_identifier,
    "way-on": anywhere,
    "suspended": active_for_ever,
    "other-customer": instead(Scoped, "of", lambda self, _: self.everywhere()),
    "tab-right": waved_through(Step.NO_RIGHT),
    "form-token": any_form,
    "host": every_host,
    "address": believed,
    "cookies": in_reach,
    "headers": without_headers,
    "metrics": numbers_for_all,
    "history": tampered,
}


# Of each kind one; `make faults` takes all of them away.
SHORT = ("second-step", "code-once", "session-identifier", "other-customer", "form-token")


@pytest.fixture
def portal(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    people.provider()
    require_of_staff(now=timezone.now())
    public = settings.DOORWARD.model_copy(update={"public_url": live_server.url})
    monkeypatch.setattr(settings, "DOORWARD", public)
    people.forget_caches()
    yield Target(live_server.url, live_server.url)
    people.forget_caches()


def played(portal: Target, *names: str) -> dict[str, tuple[Verdict, str]]:
    guards = [BY_NAME[name] for name in names]
    results = play_all(portal, actor=CONSOLE, tell=lambda _: None, guards=guards)
    return {one.guard: (one.verdict, one.why) for one in results}


def test_each_guard_is_taken_away_once() -> None:
    assert set(TAKEN) == set(BY_NAME)


@pytest.mark.django_db(transaction=True)
def test_of_a_whole_portal_nothing_falls(portal: Target) -> None:
    said = played(portal, *BY_NAME)
    assert {one for one, _ in said.values()} == {Verdict.HOLDS}, said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kinds", [Kinds.ANY, Kinds.PHISHING_RESISTANT])
def test_where_the_brand_asks_for_more_some_are_not_asked_and_none_falls(
    portal: Target, kinds: Kinds
) -> None:
    policies.require_by_brand(people.provider().brand_id, kinds=kinds)
    said = played(portal, *BY_NAME)
    assert {one for one, _ in said.values()} == {Verdict.HOLDS, Verdict.NOT_ASKED}, said
    asked = {name for name, (verdict, _) in said.items() if verdict is Verdict.HOLDS}
    assert {"sign-in", "second-step", "code-once", "guessing", "required", "history"} <= asked


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name",
    [one if one in SHORT else pytest.param(one, marks=pytest.mark.at_length) for one in TAKEN],
)
def test_a_guard_that_is_gone_falls(
    name: str, portal: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as gone:
        TAKEN[name](gone)
        said = played(portal, name)
    assert said[name][0] is Verdict.FELL
    assert said[name][1]
