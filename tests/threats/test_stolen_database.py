"""Somebody has a copy of the database and not the key file: nothing in it opens anything.

The thief tries all of it: each value of each column as a cookie, in links made as Doorward makes
them, as recovery codes, as secrets of apps, as passwords. They know each password, where that
shows whether the next door holds; they know the code of Doorward; and no limit keeps them waiting.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from doorward.accounts.mailed_links import PATHS
from doorward.accounts.models import LinkPurpose
from doorward.credentials.models import Factor, RecoverySet
from doorward.kernel.crypto import columns as crypto_columns
from doorward.kernel.crypto import sealing
from doorward.kernel.crypto.keyring import KeyFile
from doorward.kernel.db.sqlite.driver import Database
from doorward.kernel.models import Attempt
from doorward.operations.sealed_columns import COLUMNS
from doorward.web.http import cookies
from tests.kit import browsers, codes, people
from tests.kit.email_changes import ask_email
from tests.threats.secrets_at_rest import Kept, keep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from time_machine import Traveller

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db(transaction=True)

# Shorter values are no secrets.
SHORTEST = 8


@dataclass(frozen=True)
class Loot:
    """What the thief has: every row of every table, by the names of its columns."""

    tables: dict[str, list[dict[str, Any]]]

    def values(self) -> set[str | bytes]:
        """Return every value that might be a secret."""
        return {
            bytes(value) if isinstance(value, bytes | memoryview) else str(value)
            for rows in self.tables.values()
            for row in rows
            for value in row.values()
            if value is not None and len(str(value)) >= SHORTEST
        }

    def pieces(self) -> set[bytes]:
        """Return the bytes that might be keys: whole values, and those of which a seal is put together."""
        return {piece for value in self.values() for piece in taken_apart(value)}


def taken_apart(value: str | bytes) -> Iterator[bytes]:
    plain = value.encode() if isinstance(value, str) else value
    yield plain
    yield hashlib.sha256(plain).digest()
    if isinstance(value, bytes) and len(value) > 38:
        body = value[2 + value[1] :]
        yield from (body, body[12:], body[12:-16], body[:12], body[-16:], body[:16])


def written(value: str | bytes) -> set[str]:
    """Return a value in every writing that it could be sent in."""
    if isinstance(value, str):
        return {value, value.replace("-", "")}
    in_64 = base64.urlsafe_b64encode(value).decode()
    return {
        value.hex(),
        in_64,
        in_64.rstrip("="),
        base64.b64encode(value).decode(),
        base64.b32encode(value).decode(),
        base64.b32encode(value).decode().rstrip("=")[:24],
    }


@pytest.fixture
def kept(clock, owner, colleague, outsider) -> Kept:
    people.invite(owner.customer)
    ask_email(colleague, "sam@new.example", actor=people.actor(owner), now=timezone.now())
    return keep(owner, colleague, outsider)


@pytest.fixture
def loot(kept, tmp_path) -> Loot:
    """Return what a copy of the SQLite file has, or a dump of PostgreSQL."""
    names = connection.introspection.table_names()
    if connection.vendor == "sqlite":
        copy = copied(tmp_path / "stolen.sqlite3")
        with closing(Database.connect(copy)) as stolen:
            return Loot({name: rows(stolen.execute(f"SELECT * FROM {name}")) for name in names})
    found = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT * FROM {name}")
            found[name] = rows(cursor)
    return Loot(found)


def copied(path: Path) -> Path:
    with (
        closing(Database.connect(connection.settings_dict["NAME"])) as live,
        closing(Database.connect(path)) as copy,
    ):
        live.backup(copy)
    return path


def rows(cursor: Any) -> list[dict[str, Any]]:
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def test_the_loot_is_everything(loot: Loot) -> None:
    """What is tried below is really there: each table of ours, and something in each that matters."""
    for column in COLUMNS:
        assert any(row[column.column] for row in loot.tables[column.model._meta.db_table])
    for name in ("credentials_recoverycode", "sessions_session", "accounts_mailedlink"):
        assert len(loot.tables[name]) >= 2
    assert len(loot.values()) > 150


def test_no_secret_stands_in_it(kept: Kept, loot: Loot) -> None:
    cookies = {morsel.value for morsel in kept.browser.cookies.values()}
    secrets: set[str | bytes] = {
        kept.secret,
        kept.set_up_secret,
        kept.started.token,
        kept.mailed_code,
        kept.link.split("/")[-2],
        people.PASSWORD,
        *kept.codes,
        *kept.unsaved_codes,
        *(cookie for cookie in cookies if len(cookie) > SHORTEST),
    }
    forms = {form for secret in secrets for form in written(secret)}
    raw = {secret if isinstance(secret, bytes) else secret.encode() for secret in secrets}
    for value in loot.values():
        text = value if isinstance(value, str) else value.decode("latin-1")
        assert not any(form in text for form in forms)
        assert not any(one in text.encode("latin-1", "ignore") for one in raw)


def test_what_is_compared_is_stored_under_a_key(kept: Kept, loot: Loot) -> None:
    """A hash without a key would be the same in every installation."""
    known = [kept.started.token, *kept.codes, *kept.unsaved_codes]
    known += [code.replace("-", "") for code in known]
    keys = {b"", b"\0" * 32, *loot.pieces()}
    stored = {value for value in loot.values() if isinstance(value, bytes) and len(value) == 32}
    for secret in known:
        plain = secret.encode()
        assert hashlib.sha256(plain).digest() not in stored
        for purpose in (b"", b"session", b"recovery"):
            message = len(purpose).to_bytes(2) + purpose + plain
            made = {hmac.digest(key, text, "sha256") for key in keys for text in (plain, message)}
            assert not made & stored


def opens_profile(token: str) -> bool:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = token
    client.cookies[cookies.BROWSER] = token
    return client.get("/profile/").status_code == 200


@pytest.mark.one_database  # what is in the columns is made before they are reached
def test_no_value_is_a_cookie_that_signs_in(kept: Kept, loot: Loot) -> None:
    tried = {form for value in loot.values() for form in written(value)}
    sent = [one for one in tried if one.isascii() and one.isprintable() and len(one) < 4000]
    assert len(sent) > 300
    assert not [one for one in sent if opens_profile(one)]
    assert opens_profile(kept.browser.cookies[settings.SESSION_COOKIE_NAME].value)


def tokens(loot: Loot, *known: bytes) -> Iterator[tuple[str, str]]:
    """Make the token of each link in each way that what is there allows, with its page."""
    for row in loot.tables["accounts_mailedlink"]:
        link_id = uuid.UUID(str(row["id"]))
        page = PATHS[LinkPurpose(row["purpose"])]
        for nonce in taken_apart(bytes(row["nonce"])):
            message = row["purpose"].encode() + b"\0" + link_id.bytes + nonce
            for mac in {nonce[:16].ljust(16, b"\0"), *macs("link", message, loot, *known)}:
                token = base64.urlsafe_b64encode(link_id.bytes + mac[:16])
                yield page, token.decode().rstrip("=")


def macs(purpose: str, message: bytes, loot: Loot, *known: bytes) -> set[bytes]:
    """Hash with all that might be the key of the hashes: what is stored of it, and nothing at all."""
    bound = len(purpose).to_bytes(2) + purpose.encode() + message
    stored = [bytes(row["sealed"]) for row in loot.tables["kernel_sealedkey"]]
    taken = {piece for value in stored for piece in taken_apart(value)}
    keys = {b"", b"\0" * 32, *taken, *known}
    return {hmac.digest(key, bound, "sha256") for key in keys}


def sets_a_password(page: str, token: str) -> bool:
    client = Client()
    client.cookies[cookies.LINK] = f"{page}|{token}"
    return client.post(page, {"password": people.OTHER_PASSWORD}).status_code != 422


@pytest.mark.one_database  # what is in the columns is made before they are reached
def test_no_link_can_be_made(kept: Kept, loot: Loot) -> None:
    made = set(tokens(loot))
    assert {page for page, _ in made} == {"/invitation/", "/password/reset/", "/e-mail/confirm/"}
    assert len(made) > 200
    assert not [one for one in made if sets_a_password(*one)]
    assert sets_a_password("/password/reset/", kept.link.split("/")[-2])


@pytest.mark.one_database  # what is in the columns is made before they are reached
def test_not_even_the_key_of_the_hashes_makes_a_link(kept: Kept, loot: Loot) -> None:
    """Somebody knows it from long ago; since then the ring has another key."""
    known = sealing._hash_key()
    made = set(tokens(loot, known))
    assert not [one for one in made if sets_a_password(*one)]


def test_no_mailed_code_can_be_made(kept: Kept, loot: Loot) -> None:
    [row] = loot.tables["signin_mailboxproof"]
    made = set()
    for nonce in taken_apart(bytes(row["nonce"])):
        for mac in macs("mailbox", uuid.UUID(str(row["id"])).bytes + nonce, loot):
            made.add(f"{int.from_bytes(mac[:8]) % 10**8:08d}")
    assert len(made) > 50
    assert kept.mailed_code not in made


def at_second_step(thief: Client, path: str, code: str) -> bool:
    """Return whether the second step lets in by this code who verified the password, and need not wait for anything."""
    Attempt.objects.all().delete()
    for model in (Factor, RecoverySet):
        model.objects.update(unknown_failures=0, unknown_wait_until=0, failures_in_a_row=0)
    answer = thief.post(path, {"code": code})
    assert answer.status_code in {303, 422}, "it was looked at"
    return answer.status_code == 303


def recovers(thief: Client, code: str) -> bool:
    return at_second_step(thief, "/sign-in/recovery/", code)


@pytest.mark.one_database  # what is in the columns is made before they are reached
def test_no_value_is_a_recovery_code(kept: Kept, loot: Loot) -> None:
    values = loot.values()
    tried = {form for value in values if isinstance(value, bytes) for form in written(value)}
    assert len(tried) > 200
    thief = browsers.browser_signed_in_by_service(kept.owner)
    assert not [code for code in tried if recovers(thief, code)]
    assert recovers(thief, kept.codes[3])


def is_the_app(kept: Kept, thief: Client, secret: bytes, clock: Traveller) -> bool:
    """Return whether this secret's codes are right twice: one alone is by chance, once in a while."""
    for client in (lambda: thief, lambda: browsers.browser_signed_in_by_service(kept.owner)):
        clock.shift(timedelta(minutes=1))
        if not at_second_step(client(), "/sign-in/code/", codes.code(secret)):
            return False
    return True


@pytest.mark.one_database  # what is in the columns is made before they are reached
def test_no_value_is_the_secret_of_an_app(kept: Kept, loot: Loot, clock: Traveller) -> None:
    tried = loot.pieces()
    assert len(tried) > 300
    thief = browsers.browser_signed_in_by_service(kept.owner)
    assert not [secret for secret in tried if is_the_app(kept, thief, secret, clock)]
    assert is_the_app(kept, thief, kept.secret, clock)


def test_no_password_can_be_guessed_at(owner: Administrator, loot: Loot) -> None:
    """Not even who knows it can tell, without the key, that it is the one of this hash."""
    hashes = [row["password"] for row in loot.tables["accounts_administrator"]]
    assert people.again(owner).password in hashes
    for stored in hashes:
        _, usable, argon2 = stored.partition("$")
        if not usable:
            continue  # of somebody who is still invited
        for guess in (people.PASSWORD, stored, *macs("password", people.PASSWORD.encode(), loot)):
            with pytest.raises(VerifyMismatchError):
                PasswordHasher().verify(f"${argon2}", guess)


def test_a_ring_of_the_thiefs_own_opens_nothing(
    kept: Kept, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a key that they make, nor one of theirs under the id that the values name."""
    ids = [key.id for key in settings.KEYS.ring.keys]
    own = KeyFile(tmp_path / "own.json", now=timezone.now())
    listed = json.loads(own.path.read_text())["keys"]
    own.path.write_text(json.dumps({"keys": [*listed, *(listed[0] | {"id": one} for one in ids)]}))
    monkeypatch.setattr(sealing, "_ciphers", {})
    settings.KEYS = own
    found = crypto_columns.look(COLUMNS, seen=lambda: None)
    assert found.needs == {}
    assert found.broken == sum(column.rows.count() for column in COLUMNS if not column.fleeting)
