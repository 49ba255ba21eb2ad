"""All that is sealed: each column is known, opens where it was sealed, and can be sealed again."""

from __future__ import annotations

import base64
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import MailedLink
from doorward.credentials import sealed
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import enrol
from doorward.kernel.crypto import columns, rotating, sealing
from doorward.kernel.crypto.columns import Found
from doorward.operations.sealed_columns import COLUMNS
from doorward.sessions import issuing, saved_requests
from doorward.sessions.models import Session
from doorward.signin import mailbox
from tests.kit import browsers
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people
from tests.kit.racing import at_once
from tests.threats.secrets_at_rest import keep, session_of

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
# Binary columns that are not sealed: keyed hashes of what nobody can guess, or nothing secret.
NOT_SEALED = {
    "sessions.Session.token_hash",
    "sessions.Session.browser_hash",
    "sessions.Session.bound_hash",
    "sessions.Session.bound_before",
    "credentials.RecoveryCode.keyed_hash",
    "recovery.SetUpPass.keyed_hash",
    "accounts.FirstLink.keyed_hash",
    "credentials.AnsweredChallenge.keyed_hash",
    "credentials.TrustedBrowser.token_hash",
    "credentials.UserHandle.handle",
    "credentials.Passkey.credential_id",
    "credentials.Passkey.public_key",
    "kernel.Attempt.key",
    "applications.ClientSecret.keyed_hash",
    "applications.UsedAssertion.keyed_hash",
    "applications.PushedRequest.keyed_hash",
    "applications.Grant.code_hash",
    "applications.RefreshToken.keyed_hash",
    "applications.SiteVisit.state_hash",
    "applications.SiteVisit.code_hash",
    "applications.SiteVisit.cookie_hash",
    "rollout.KeptRehearsal.people",
    "rollout.KeptRehearsal.ticked",
    "customers.BrandPicture.content",
}
PUBLIC = ("audit.",)  # the chain that history is sealed with shows itself


@pytest.fixture
def kept(keys, owner, colleague, outsider):
    return keep(owner, colleague, outsider)


@pytest.fixture
def forgotten_ciphers(monkeypatch):
    """Have no key at hand but those of the file, as after a start; call it again after a change."""

    def forget():
        monkeypatch.setattr(sealing, "_ciphers", {})

    return forget


def look():
    return columns.look(COLUMNS, seen=lambda: None)


def reseal(found=None, **how):
    found = found or Found()
    return sum(sum(rotating.reseal(column, found, **how)) for column in COLUMNS)


def outdated():
    return sum(rotating.outdated(column).count() for column in COLUMNS)


def test_every_binary_column_is_sealed_or_known_to_need_no_seal():
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
    }
    named = {f"{column.model._meta.label}.{column.column}" for column in COLUMNS}
    assert {one for one in found if not one.startswith(PUBLIC)} == named | NOT_SEALED
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)


def test_everything_opens_in_its_place(keys, kept):
    found = look()
    assert (found.broken, found.first) == (0, "")
    [(key_id, needs)] = found.needs.items()
    assert key_id == keys.ring.newest.id
    assert needs.keys() == {column.name for column in COLUMNS}
    assert outdated() == 0


def works(kept):
    """Sign in and go on with everything that was made before."""
    sealing._hash_key.cache_clear()
    now = timezone.now()
    assert kept.browser.get("/security/").status_code == 200
    browsers.sign_in(Client(), kept.owner)
    row = Session.objects.get(id=session_of(kept.browser))
    assert row.saved_request is not None
    saved_request = saved_requests.restore(row.id, bytes(row.saved_request), now=now)
    assert saved_request is not None
    assert saved_request.fields == (("phone", "1"),)
    assert codes.unsaved(kept.colleague.id) == kept.unsaved_codes
    session_id = kept.started.session_id
    assert enrol.begin(session_id=session_id, now=now) == kept.set_up_secret
    with_recovery_code(kept)
    by_mail = mailbox.verify_code(
        session_id=session_id,
        old_hash=issuing.token_hash(kept.started.token),
        code=kept.mailed_code,
        actor=kit_people.actor(kept.newcomer),
        now=now,
    )
    assert by_mail.token
    assert new_password_by(kept.link) == 303


def with_recovery_code(kept):
    client = Client()
    client.post("/sign-in/", {"email": kept.owner.email, "password": kit_people.PASSWORD})
    answer = client.post("/sign-in/recovery/", {"code": kept.codes[0]})
    assert answer.status_code == 303
    assert client.get("/").status_code == 200


def new_password_by(link):
    client = Client()
    page = client.get(link)["Location"]
    return client.post(page, {"password": kit_people.OTHER_PASSWORD}).status_code


def test_after_the_rotation_everything_works_without_the_old_key(keys, kept, forgotten_ciphers):
    old = keys.ring.newest
    new = keys.add(now=NOW)
    total = outdated()
    assert total == sum(look().needs[old.id].values())
    assert reseal() == total
    assert outdated() == 0
    assert look().needs.keys() == {new.id}
    keys.drop(old.id)
    forgotten_ciphers()
    assert columns.missing(COLUMNS) == ""
    assert look().broken == 0
    works(kept)


def test_a_rotation_that_was_ended_goes_on(keys, kept):
    old = keys.ring.newest
    new = keys.add(now=NOW)
    total = outdated()
    with closing(rotating.reseal(COLUMNS[1], Found(), at_once=1)) as some:
        assert next(some) == 1
    assert look().needs.keys() == {old.id, new.id}
    assert outdated() == total - 1
    assert reseal(at_once=1) == total - 1
    assert reseal() == 0
    works(kept)


def test_the_newest_key_is_used_though_it_came_in_the_middle(keys, kept):
    keys.add(now=NOW)
    some = rotating.reseal(COLUMNS[1], Found(), at_once=1)
    next(some)
    newest = keys.add(now=NOW)
    assert list(some) == [1]
    reseal()
    assert look().needs.keys() == {newest.id}


def test_a_link_that_was_sent_before_is_the_same_one_afterwards(keys, kept):
    keys.add(now=NOW)
    before = bytes(MailedLink.objects.get().nonce)
    reseal()
    assert bytes(MailedLink.objects.get().nonce) != before
    assert new_password_by(kept.link) == 303


def swap(first, second):
    a, b = Factor.objects.get(id=first).sealed, Factor.objects.get(id=second).sealed
    Factor.objects.filter(id=first).update(sealed=b)
    Factor.objects.filter(id=second).update(sealed=a)


@pytest.mark.parametrize("rotated", [False, True])
def test_two_rows_that_were_swapped_fail_loudly(keys, kept, rotated, caplog):
    mine, other = (
        Factor.objects.get(administrator=kept.owner),
        Factor.objects.get(administrator=kept.colleague),
    )
    swap(mine.id, other.id)
    if rotated:
        keys.add(now=NOW)
        found = Found()
        reseal(found)
        assert found.broken == 2
        assert look().broken == 2
    client = Client(raise_request_exception=False)
    client.post("/sign-in/", {"email": kept.owner.email, "password": kit_people.PASSWORD})
    answer = client.post("/sign-in/code/", {"code": kit_codes.code(kept.secret, offset=1)})
    assert answer.status_code == 500
    assert f"The totp of credentials_factor {mine.id} does not open: it was changed" in caplog.text
    assert client.get("/")["Location"] == "/sign-in/code/"
    swap(mine.id, other.id)
    assert look().broken == 0


def lose(keys, forgotten_ciphers):
    """Take the key of everything out of the ring, by hand."""
    old = keys.ring.newest
    keys.add(now=NOW)
    keys.drop(old.id)
    forgotten_ciphers()
    return old


def test_what_does_not_open_is_left_as_it_is(keys, kept, forgotten_ciphers):
    before = Factor.objects.in_bulk()
    old = lose(keys, forgotten_ciphers)
    found = Found()
    reseal(found)
    # A form that waits is only forgotten.
    assert found.broken == look().broken > 0
    assert found.first.endswith(f"its key '{old.id}' is not in the key file.")
    assert columns.missing(COLUMNS) == (
        f"The key '{old.id}', which the hash keys in the database need, "
        f"is not in the key file {keys.path}."
    )
    for factor in Factor.objects.all():
        assert factor.sealed == before[factor.id].sealed
    assert not Session.objects.filter(saved_request__isnull=False).exists()


def test_a_saved_request_whose_key_is_gone_counts_as_none(keys, kept, forgotten_ciphers, caplog):
    # Kept with a key of which only the form has need.
    session_id = session_of(kept.browser)
    keys.add(now=NOW)
    saved_requests.save(session_id, path="/profile/", fields=[("phone", "1")], now=timezone.now())
    lost = keys.ring.newest
    keys.add(now=NOW)
    keys.drop(lost.id)
    forgotten_ciphers()
    assert columns.missing(COLUMNS) == ""
    assert look().broken == 0
    answer = kept.browser.get("/prove/continue/")
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert f"its key '{lost.id}' is not in the key file" in caplog.text


def test_a_link_whose_key_is_gone_counts_as_none(keys, kept, forgotten_ciphers):
    lose(keys, forgotten_ciphers)
    assert new_password_by(kept.link) == 422


def test_nothing_secret_is_said_of_what_does_not_open(keys, kept, forgotten_ciphers):
    lose(keys, forgotten_ciphers)
    said = look().first
    assert base64.b32encode(kept.secret).decode() not in said
    assert keys.ring.newest.secret.hex() not in said


@pytest.mark.django_db(transaction=True)
def test_who_signs_in_meanwhile_does(keys, owner, colleague, outsider):
    """Six sign-ins at once with two rotations, and two more keys in each."""
    people = [
        kit_people.make_administrator(owner.customer, email=f"p{n}@x.example") for n in range(6)
    ]
    apps_of = {person: kit_codes.enable_app(person) for person in people}
    keep(owner, colleague, outsider)

    def sign_in(person):
        client = Client()
        client.post("/sign-in/", {"email": person.email, "password": kit_people.PASSWORD})
        answer = client.post("/sign-in/code/", {"code": kit_codes.code(apps_of[person])})
        assert answer.status_code == 303, answer.content
        assert client.get("/").status_code == 200

    def rotate():
        for _ in range(3):
            keys.add(now=NOW)
            found = Found()
            reseal(found, at_once=3)
            assert found.broken == 0

    calls: list[Callable[[], None]] = [
        *(partial(sign_in, person) for person in people),
        rotate,
        rotate,
    ]
    assert at_once(calls) == [None] * len(calls)
    reseal()
    assert look().needs.keys() == {keys.ring.newest.id}


@pytest.mark.django_db(transaction=True)
def test_what_somebody_writes_between_reading_and_writing_stays(keys, owner):
    kit_codes.enable_app(owner)
    row = Factor.objects.get()
    keys.add(now=NOW)
    theirs = sealing.seal(b"set up anew", **sealed.of_factor(row.id))
    keys.add(now=NOW)

    def write():
        Factor.objects.filter(id=row.id).update(sealed=theirs)
        connection.close()

    somebody = Thread(target=write)

    def meanwhile(execute, sql, *rest):
        if sql.startswith("UPDATE"):
            somebody.start()
            somebody.join(timeout=0.3)  # over by then, unless it has to wait for us
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        assert list(rotating.reseal(COLUMNS[1], Found())) == [1]
    somebody.join()
    assert bytes(Factor.objects.get().sealed or b"") == theirs


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
def test_a_row_that_somebody_holds_is_passed_over_then_waited_for(keys, owner, colleague):
    kit_codes.enable_app(owner)
    kit_codes.enable_app(colleague)
    keys.add(now=NOW)
    [_, column, *_] = COLUMNS
    held = Factor.objects.get(administrator=owner)

    def others():
        return list(rotating.reseal(column, Found()))

    with transaction.atomic():
        Factor.objects.select_for_update().get(id=held.id)
        assert at_once([others]) == [[1]]
    assert list(rotating.reseal(column, Found(), at_once=1)) == [1]
    assert rotating.outdated(column).count() == 0
