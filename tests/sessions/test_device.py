"""A session that is bound to a device: its cookie is renewed for proofs by the device alone."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection
from joserfc.jwk import ECKey, OctKey, RSAKey

from doorward.sessions import binding, device_proofs, issuing
from doorward.sessions.errors import DeviceProofRefused, StaleChallenge
from doorward.sessions.facts import BindingFacts
from doorward.sessions.models import Session
from doorward.sessions.rules import IN_FLIGHT, is_from_its_device
from tests.kit import people
from tests.kit.devices import Device
from tests.kit.racing import at_once

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OLD, NEW, OTHER = b"old", b"new", b"other"


def begin(person, *, now=NOW):
    started = issuing.begin(
        person, actor=people.actor(person), now=now, password_at=now, signed_in_at=now
    )
    return started.session_id


def first(session_id, *, now=NOW):
    return binding.challenge(session_id, bound_hash=None, now=now)


def bound(person, device, *, now=NOW):
    """Return a session with the device's key."""
    session_id = begin(person, now=now)
    binding.bind(session_id, proof=device.sign(first(session_id, now=now), first=True), now=now)
    return session_id


def due(session_id, *, now):
    return binding.challenge(session_id, bound_hash=binding.bound_hash_of(session_id), now=now)


def head_of(**said):
    written = json.dumps({"alg": "ES256", "typ": "dbsc+jwt"} | said)
    return urlsafe_b64encode(written.encode()).decode().rstrip("=")


# --- the rule -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("binding_facts", "brought", "after", "lets"),
    [
        (None, None, 0, True),
        (None, OTHER, 0, True),
        # Not yet brought once: nobody is asked for it.
        (BindingFacts(NEW, NOW + 630 * SECOND), None, 3600, True),
        (BindingFacts(NEW, NOW + 630 * SECOND, at=NOW), NEW, 629, True),
        (BindingFacts(NEW, NOW + 630 * SECOND, at=NOW), NEW, 630, False),
        (BindingFacts(NEW, NOW + 630 * SECOND, at=NOW), OTHER, 1, False),
        # What was on its way as it was bound.
        (BindingFacts(NEW, NOW + 630 * SECOND, at=NOW), None, 29, True),
        (BindingFacts(NEW, NOW + 630 * SECOND, at=NOW), None, 30, False),
        # A moment that a wrong clock wrote.
        (BindingFacts(NEW, NOW + 630 * SECOND, at=NOW), None, -3600, False),
        # What was on its way as it was renewed.
        (BindingFacts(NEW, NOW + 9000 * SECOND, OLD, NOW + 60 * SECOND, NOW), OLD, 59, True),
        (BindingFacts(NEW, NOW + 9000 * SECOND, OLD, NOW + 60 * SECOND, NOW), OLD, 60, False),
    ],
)
def test_without_what_its_device_renews_a_bound_session_is_nobody_s(
    binding_facts, brought, after, lets
):
    assert is_from_its_device(binding_facts, brought, now=NOW + after * SECOND) is lets


# --- a key ----------------------------------------------------------------------------------------


def test_a_young_session_is_bound_to_the_key_that_signed_and_to_no_other(owner):
    device, thief = Device(), Device()
    session_id = bound(owner, device)
    with pytest.raises(DeviceProofRefused):
        binding.bind(session_id, proof=thief.sign(first(session_id), first=True), now=NOW)
    stored = Session.objects.get(id=session_id).device_key
    assert str(device.key.as_dict(private=False)["x"]) in stored
    assert '"d"' not in stored
    with pytest.raises(DeviceProofRefused):
        binding.renew(session_id, proof=thief.sign(due(session_id, now=NOW)), now=NOW)


def test_an_older_session_is_bound_to_nothing(owner):
    session_id, later = begin(owner), NOW + binding.OFFERED_FOR
    with pytest.raises(DeviceProofRefused):
        binding.bind(
            session_id, proof=Device().sign(first(session_id, now=later), first=True), now=later
        )
    Session.objects.filter(id=session_id).update(signed_in_at=None)
    with pytest.raises(DeviceProofRefused):
        binding.bind(session_id, proof=Device().sign(first(session_id), first=True), now=NOW)


def test_an_ended_session_is_bound_to_nothing_and_renews_nothing(owner):
    device = Device()
    with_key, without = bound(owner, device), begin(owner)
    Session.objects.update(ended_at=NOW)
    with pytest.raises(DeviceProofRefused):
        binding.bind(without, proof=device.sign(first(without), first=True), now=NOW)
    with pytest.raises(DeviceProofRefused):
        binding.renew(with_key, proof=device.sign(due(with_key, now=NOW)), now=NOW)


@pytest.mark.parametrize("signs", ["P-256", 2048])
def test_both_kinds_of_key_that_browsers_make_serve(owner, signs):
    rsa = isinstance(signs, int)
    key = RSAKey.generate_key(signs) if rsa else ECKey.generate_key(signs)
    device = Device(key, alg="RS256" if rsa else "ES256")
    session_id = bound(owner, device)
    assert binding.renew(session_id, proof=device.sign(due(session_id, now=NOW)), now=NOW)


def test_what_is_signed_in_another_way_is_refused():
    ec, rsa = Device(), Device(RSAKey.generate_key(2048), alg="RS256")
    good = ec.sign("c", first=True)
    assert device_proofs.answered(good, device_proofs.key_of(good)) == "c"
    head, body, signature = good.split(".")
    octets = OctKey.import_key("secret of thirty-two characters!")
    bad = [
        *("", "a.b.c", good[:-8], f"{head}.{body}.", f"{head}..{signature}", "é" * 10),
        f"{head}.{ec.sign('d').split('.')[1]}.{signature}",
        ec.sign("c", first=True, typ="jwt"),
        ec.sign("c"),
        ec.sign(7, first=True),
        ec.sign("c" * 5000, first=True),
        ec.sign("c", jwk=rsa.key.as_dict(private=False)),
        ec.sign("c", jwk=Device().key.as_dict(private=False)),
        ec.sign("c", jwk=ec.key.as_dict(private=True)),
        f"{head_of(jwk='no key')}.{body}.{signature}",
        f"{head_of(jwk={'kty': 'EC', 'crv': 'P-256', 'x': 'AA', 'y': 'AA'})}.{body}.{signature}",
        f"{head_of(jwk=[[]])}.{body}.{signature}",
        Device(octets, alg="HS256").sign("c", jwk=octets.as_dict(private=True)),
        Device(ECKey.generate_key("P-384"), alg="ES384").sign("c", first=True),
        Device(RSAKey.generate_key(2048), alg="PS256").sign("c", first=True),
        f"{head_of(alg='RS256', jwk={'kty': 'RSA', 'e': 'AQAB', 'n': 'w' * 171})}.{body}.{signature}",
        f"{head_of(alg='RS256', jwk={'kty': 'RSA', 'e': 'AQAB', 'n': 7})}.{body}.{signature}",
        f"{head_of(alg='none', jwk=ec.key.as_dict(private=False))}.{body}.",
    ]
    for proof in bad:
        with pytest.raises(DeviceProofRefused):
            device_proofs.key_of(proof)
    key = device_proofs.key_of(good)
    for proof in (rsa.sign("c"), Device(octets, alg="HS256").sign("c"), *bad[:7]):
        with pytest.raises(DeviceProofRefused):
            device_proofs.answered(proof, key)
    # Signed with the public key as if it were a secret.
    said = f"{head_of(alg='HS256')}.{body}"
    assert isinstance(ec.key, ECKey)
    mac = hmac.digest(ec.key.as_pem(private=False), said.encode(), "sha256")
    confused = f"{said}.{urlsafe_b64encode(mac).decode().rstrip('=')}"
    with pytest.raises(DeviceProofRefused):
        device_proofs.answered(confused, key)


# --- challenges -----------------------------------------------------------------------------------


def test_a_challenge_works_once_for_its_session_and_for_a_minute(owner, colleague):
    device = Device()
    session_id, other = bound(owner, device), bound(colleague, device)
    proof = device.sign(due(session_id, now=NOW))
    binding.renew(session_id, proof=proof, now=NOW)
    stale = [
        proof,
        device.sign(due(other, now=NOW)),
        device.sign(first(session_id)),
        device.sign(due(session_id, now=NOW - binding.CHALLENGE_LASTS)),
        device.sign(due(session_id, now=NOW + timedelta(minutes=2))),
        *map(device.sign, ("", ".", "1.2", "x.y", "9" * 30 + ".z", "²." + "a" * 43)),
    ]
    for one in stale:
        with pytest.raises(StaleChallenge):
            binding.renew(session_id, proof=one, now=NOW)
    with pytest.raises(StaleChallenge):
        binding.bind(begin(owner), proof=device.sign(first(other), first=True), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_renewals_at_once_one_is_made(owner):
    device = Device()
    session_id = bound(owner, device)
    proof = device.sign(due(session_id, now=NOW))
    outcomes = at_once([lambda: binding.renew(session_id, proof=proof, now=NOW)] * 2)
    assert sorted(type(one).__name__ for one in outcomes) == ["StaleChallenge", "str"]


def test_a_renewal_that_another_one_overtakes_is_none(owner):
    """Between what it read and what it writes the other one is made, whole: no luck of threads is needed."""
    device, made = Device(), list[str]()
    session_id = bound(owner, device)
    proof = device.sign(due(session_id, now=NOW))

    def overtake(execute, sql, *rest):
        if sql.startswith("UPDATE") and not made:
            made.append("")
            made[0] = binding.renew(session_id, proof=proof, now=NOW)
        return execute(sql, *rest)

    with connection.execute_wrapper(overtake), pytest.raises(StaleChallenge):
        binding.renew(session_id, proof=proof, now=NOW)
    assert made[0]
    assert binding.goes_on(session_id, device=made[0], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_keys_at_once_one_is_taken(owner):
    session_id = begin(owner)
    proofs = [Device().sign(first(session_id), first=True) for _ in range(2)]
    calls = [partial(binding.bind, session_id, proof=proof, now=NOW) for proof in proofs]
    outcomes = at_once(calls)
    assert sorted(type(one).__name__ for one in outcomes) == ["DeviceProofRefused", "str"]


def test_the_cookie_of_before_lives_no_longer_than_it_would_have(owner):
    device = Device()
    session_id = bound(owner, device)
    before = binding.bound_hash_of(session_id)
    late = NOW + binding.LIFE + IN_FLIGHT - SECOND
    binding.renew(session_id, proof=device.sign(due(session_id, now=late)), now=late)
    row = Session.objects.get(id=session_id)
    assert (bytes(row.bound_before or b""), row.bound_before_until) == (before, late + SECOND)
    assert row.bound_until == late + binding.LIFE + IN_FLIGHT


def test_a_step_up_keeps_the_device(owner):
    device = Device()
    session_id = bound(owner, device)
    hashed = bytes(Session.objects.get(id=session_id).token_hash)
    issuing.step_up(session_id, old_hash=hashed, factor_at=NOW)
    assert binding.renew(session_id, proof=device.sign(due(session_id, now=NOW)), now=NOW)
