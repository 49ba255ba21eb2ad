"""What other systems wrote moves in: passwords and apps go on working, and all else is said line by line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from click.testing import CliRunner
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.cli.base import main
from doorward.credentials.models import Factor
from doorward.credentials.totp import rules
from doorward.importing import (
    django_people,
    django_tables,
    keycloak,
    lemonldap,
    privacyidea,
)
from doorward.importing.errors import (
    KeyNeeded,
    KeyWrong,
    OtherFormat,
    SourceUnreachable,
    SourceUnreadable,
)
from doorward.kernel.db.sqlite.driver import Database
from doorward.kernel.refusals import sentence

EXPORTS = Path(__file__).parent / "exports"
PASSWORD = "an old password of somebody"
_PARTS = {"host", "port", "user", "password", "dbname"}
SECRET = b"12345678901234567890"
KEY = (EXPORTS / "privacyidea.key").read_text()


def run(system, source, *more):
    words = ["import", system, str(source), "--customer", "Harbour Bakery", "--json", *more]
    done = CliRunner().invoke(main, words)
    assert "lines" in done.stdout, done.output
    return json.loads(done.stdout)["lines"]


def said(lines):
    """Return of each line its fate, how many notes it has, and what refused it."""
    return [(one["what"].partition("@")[0], one["fate"], len(one["notes"])) for one in lines]


def row(name: str) -> Administrator:
    return Administrator.objects.everywhere().get(email_folded=f"{name}@harbourbakery.example")


def devices(name: str) -> int:
    return Factor.objects.filter(administrator=row(name), taken_over=True).count()


def signs_in(name: str) -> bool:
    browser = Client()
    given = {"email": f"{name}@harbourbakery.example", "password": PASSWORD, "next": ""}
    assert browser.post("/sign-in/", given).status_code == 303
    code = rules.code_at(SECRET, rules.step_at(timezone.now()))
    browser.post("/sign-in/code/", {"code": code})
    return browser.get("/").status_code == 200


def read_dump(file: bytes) -> list[Any]:
    return list(django_people.people(django_tables.of_dump(file)))


@pytest.fixture
def sqlite_file(tmp_path):
    """Return what makes an SQLite file of an export."""

    def made(name):
        path = tmp_path / f"{name}.sqlite3"
        with Database.connect(path) as connection:
            connection.executescript((EXPORTS / f"{name}.sql").read_text())
        connection.close()
        return path

    return made


# Who, what came of them, how many words on what stays behind.
DJANGO_OTP = [
    ("amina", "made", 1),
    ("ben", "made", 1),
    ("chloe", "made", 1),
    ("dario", "made", 1),
    ("eva", "made", 1),
    ("finn", "made", 1),
    ("gita", "made", 1),
    ("hugo", "made", 1),
    ("iris", "made", 1),
    ("jon", "refused", 0),
    ("kim", "made", 0),
    ("leo", "made", 3),
    ("mia", "made", 0),
]
ALLAUTH = [
    ("amina", "made", 1),
    ("ben", "made", 1),
    ("chloe", "made", 1),
    ("dario", "made", 0),
    ("eva", "made", 1),
    ("finn", "made", 1),
]


@pytest.mark.django_db
def test_a_project_with_django_otp_moves_in(customer, sqlite_file):
    source = sqlite_file("django_otp")
    assert said(run("django-otp", source, "--dry-run")) == DJANGO_OTP
    assert not Factor.objects.exists()
    assert said(run("django-otp", source)) == DJANGO_OTP
    again = run("django-otp", source)
    assert [one["fate"] for one in again if one["what"] != "jon"] == ["same"] * 12
    people = Administrator.objects.of(customer.id)
    required = set(people.filter(require_2fa=True).values_list("first_name", flat=True))
    assert required == {"Ben", "Dario", "Eva", "Finn", "Gita", "Hugo", "Iris", "Leo"}
    assert [devices(name) for name in ("amina", "chloe", "gita", "kim")] == [1, 0, 1, 2]
    assert (row("iris").status, row("kim").status) == (Status.SUSPENDED, Status.INVITED)
    assert signs_in("amina")
    [jon] = [
        one
        for one in run("django-otp", source, "--domain", "harbourbakery.example")
        if one["fate"] == "made"
    ]
    assert (jon["what"], row("jon").last_name) == ("jon@harbourbakery.example", "jon")
    assert signs_in("jon")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["django_otp.json", "django_otp_natural.json"])
def test_so_does_what_dumpdata_wrote(customer, name, tmp_path):
    assert said(run("django-otp", EXPORTS / name)) == DJANGO_OTP
    assert [devices(name) for name in ("amina", "chloe", "gita", "kim")] == [1, 0, 1, 2]
    lines = tmp_path / "lines.jsonl"
    lines.write_text("\n".join(json.dumps(one) for one in json.loads((EXPORTS / name).read_text())))
    assert {one["fate"] for one in run("django-otp", lines)} == {"same", "refused"}


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["sqlite", "json"])
def test_a_project_with_allauth_moves_in(customer, sqlite_file, form):
    source = sqlite_file("allauth") if form == "sqlite" else EXPORTS / "allauth.json"
    assert said(run("allauth", source, "--dry-run")) == ALLAUTH
    lines = run("allauth", source)
    assert said(lines) == ALLAUTH
    assert "encrypted" in lines[5]["notes"][0]
    required = [row(name).require_2fa for name in ("amina", "ben", "chloe", "dario", "eva", "finn")]
    assert required == [False, True, True, False, False, True]
    assert row("eva").status == Status.INVITED
    assert signs_in("amina")
    assert signs_in("dario")


@pytest.mark.skipif(settings.DATABASES["default"]["ENGINE"].endswith("sqlite"), reason="PostgreSQL")
@pytest.mark.django_db
def test_so_does_one_on_postgresql(customer, sqlite_file):
    address = "postgresql://?" + urlencode(
        {
            name: value
            for name, value in connection.get_connection_params().items()
            if name in _PARTS
        }
        | {"options": "-c search_path=old_project"},
        quote_via=quote,
    )
    tables = Database.connect(sqlite_file("django_otp"))
    with psycopg.connect(address, autocommit=True) as there:
        there.execute("CREATE SCHEMA old_project")
        try:
            for name, columns in tables.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            ).fetchall():
                typed = re.sub(r"\bdatetime\b|\bbool\b", "text", columns or "").replace(
                    " AUTOINCREMENT", ""
                )
                typed = re.sub(
                    r" REFERENCES .*?INITIALLY DEFERRED| unsigned| CHECK \(.*?\)", "", typed
                )
                there.execute(typed)
                rows = tables.execute(f"SELECT * FROM {name}").fetchall()
                for row in rows:
                    there.execute(
                        f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(row))})", row
                    )
                for column in ("confirmed", "is_active", "is_staff", "is_superuser"):
                    if f'"{column}"' in typed:
                        there.execute(
                            f"ALTER TABLE {name} ALTER {column} TYPE bool USING {column} = '1'"
                        )
            assert said(run("django-otp", address)) == DJANGO_OTP
        finally:
            there.execute("DROP SCHEMA old_project CASCADE")
            tables.close()


@pytest.mark.django_db
def test_lemonldap_moves_in(customer):
    lines = run("lemonldap", EXPORTS / "lemonldap.json", "--domain", "harbourbakery.example")
    notes = {one["what"].partition("@")[0]: one["notes"] for one in lines}
    assert {name: len(some) for name, some in notes.items()} == {
        "amina": 0,
        "ben": 1,
        "eva": 1,
        "finn": 0,
        "dario": 1,
        "chloe": 1,
    }
    assert "encrypted" in notes["dario"][0]
    assert [devices(name) for name in ("amina", "ben", "dario", "chloe")] == [1, 1, 0, 0]
    sealed = Factor.objects.get(administrator=row("amina"))
    assert SECRET not in bytes(sealed.sealed or b"")
    assert [row(name).require_2fa for name in ("amina", "ben", "finn")] == [False, True, False]


@pytest.mark.django_db
def test_privacyidea_moves_in(customer):
    source, key = EXPORTS / "privacyidea.pi", ("--key-file", str(EXPORTS / "privacyidea.key"))
    lines = run("privacyidea", source, *key, "--domain", "harbourbakery.example")
    assert [(one["what"].partition("@")[0], one["fate"], len(one["notes"])) for one in lines] == [
        ("amina", "made", 0),
        ("ben", "made", 1),
        ("chloe", "made", 1),
        ("dario", "made", 1),
        ("eva", "made", 2),
        ("finn", "made", 1),
        ("gita", "made", 3),
        ("TOTP0007", "refused", 0),
    ]
    assert [devices(name) for name in ("amina", "ben", "dario", "finn", "gita")] == [1, 0, 1, 0, 0]
    assert Factor.objects.get(administrator=row("amina")).name == "Amina's phone"


def test_an_encrypted_export_wants_its_own_key():
    file = (EXPORTS / "privacyidea.pi").read_bytes()
    with pytest.raises(KeyNeeded):
        privacyidea.people(file)
    for key in ("x", KEY.swapcase(), "é"):
        with pytest.raises(KeyWrong):
            privacyidea.people(file, key=key)
    with pytest.raises(KeyWrong):
        privacyidea.people(file[:-9], key=KEY)


# As `pi-tokenjanitor find export --format pskc`, `csv` and `yaml` begin.
OTHER_FORMATS = [
    b'<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">',
    b"ada@defrealm, TOTP0001, 3132333435363738393031323334353637383930, totp, 6, 30",
    b"- active: true\n  count: 0\n  owner: ada@defrealm\n",
]


@pytest.mark.parametrize("file", OTHER_FORMATS, ids=["pskc", "csv", "yaml"])
def test_of_privacyidea_s_other_formats_it_is_said_which_one_is_read(file):
    with pytest.raises(OtherFormat) as refused:
        list(privacyidea.people(file, key=KEY))
    assert "--format pi" in sentence(refused.value)


JUNK = [b"", b"{}", b"[1]", b'"x"', b"null", b"[" * 100_000, b"\xff", b"gAAAA", b"[[]]", b"{"]


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
def test_what_is_no_export_is_refused(junk):
    for read in (
        keycloak.people,
        lemonldap.people,
        lambda file: privacyidea.people(file, key=KEY),
        read_dump,
    ):
        with pytest.raises((SourceUnreadable, KeyWrong)):
            list(read(junk))


ODD: list[Any] = [
    None,
    0,
    1e999,
    -1,
    "",
    "x" * 100_000,
    "[" * 99_999,
    [],
    [[]],
    {},
    {"a": 1},
    True,
    "\ud800\0",
]


def _places(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from _places(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _each_field_odd(found):
    """Return the export once for each field of it, with something odd in its place."""
    for number, path in enumerate(_places(found)):
        for odd in ODD if number % 7 == 0 else ODD[number % 3 :: 3]:
            changed = json.loads(json.dumps(found))
            at = changed
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = odd
            yield json.dumps(changed).encode()


def _small(name: str):
    """Return of an export the first rows of each kind, so that there are few."""
    found, kinds = [], set()
    for one in json.loads((EXPORTS / name).read_text()):
        kind = one.get("model") or one.get("_2fDevices", "")[:60]
        if kind not in kinds:
            kinds.add(kind)
            found.append(one)
    return found


@pytest.mark.parametrize(
    ("read", "found"),
    [
        (lemonldap.people, _small("lemonldap.json")),
        (read_dump, _small("django_otp.json")),
        (read_dump, _small("allauth.json")),
        (
            privacyidea.people,
            json.loads(privacyidea._opened((EXPORTS / "privacyidea.pi").read_bytes(), KEY))[:3],
        ),
    ],
    ids=["lemonldap", "django-otp", "allauth", "privacyidea"],
)
def test_whatever_stands_in_a_field_ends_nothing(read, found):
    for file in _each_field_odd(found):
        try:
            lines = list(read(file))
        except SourceUnreadable:
            continue
        assert all(len(sentence(note)) < 300 for line in lines for note in line.notes)


def test_a_file_of_sqlite_that_is_none_or_bad_is_refused(tmp_path):
    whole = tmp_path / "whole"
    with Database.connect(whole) as connection:
        connection.execute("CREATE TABLE auth_user (id, password, last_login, username)")
        connection.executemany(
            "INSERT INTO auth_user VALUES (?, 'x' || hex(zeroblob(900)), '', ?)",
            [(n, n) for n in range(500)],
        )
    connection.close()
    raw = whole.read_bytes()
    (tmp_path / "cut").write_bytes(raw[: len(raw) // 2])
    (tmp_path / "garbled").write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    (tmp_path / "head").write_bytes(raw[:100])
    for name in ("cut", "garbled", "head", "missing"):
        with pytest.raises(SourceUnreadable), django_tables.of_sqlite(tmp_path / name) as tables:
            list(django_people.people(tables))


def test_a_database_that_is_not_there_is_said():
    with (
        pytest.raises(SourceUnreachable),
        django_tables.of_postgresql("postgresql://localhost:1/x"),
    ):
        pass


def test_nothing_that_a_file_of_sqlite_defines_is_run(tmp_path):
    path = tmp_path / "views"
    with Database.connect(path) as connection:
        connection.execute("CREATE TABLE t (id, password, last_login)")
        connection.execute(
            "CREATE VIEW auth_user AS WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) "
            "SELECT id, '' AS password, '' AS last_login FROM n"
        )
    connection.close()
    with django_tables.of_sqlite(path) as tables:
        assert set(tables.columns) == {"t"}
        assert not list(django_people.people(tables))


def test_a_device_is_only_ever_its_owners():
    """One's name for signing in may be another's e-mail: what a model is known by is not mixed up."""
    user = {"password": "!", "last_login": None}
    dump = [
        {
            "model": "auth.user",
            "fields": user | {"username": "b@x.example", "email": "a@x.example"},
        },
        {"model": "auth.user", "fields": user | {"username": "a", "email": "b@x.example"}},
        {
            "model": "otp_totp.totpdevice",
            "fields": {"user": ["b@x.example"], "key": "41" * 20, "step": 30, "t0": 0, "digits": 6}
            | {"drift": 0, "confirmed": True, "name": ""},
        },
    ]
    a, b = read_dump(json.dumps(dump).encode())
    assert (a.email, len(a.devices), b.email, len(b.devices)) == (
        "a@x.example",
        1,
        "b@x.example",
        0,
    )
    del dump[0]
    b, nobodys = read_dump(json.dumps(dump).encode())
    assert (len(b.devices), nobodys.refusal.code) == (0, "belongs_to_nobody")


@pytest.mark.parametrize(("drift", "taken"), [(0, 1), (1, 1), (-1, 1), (2, 0), (-40, 0)])
def test_a_clock_that_is_off_is_said(drift, taken):
    dump = json.loads((EXPORTS / "django_otp.json").read_text())
    for one in dump:
        if one["model"] == "otp_totp.totpdevice":
            one["fields"]["drift"] = drift
    amina, *_ = read_dump(json.dumps(dump).encode())
    assert (len(amina.devices), len(amina.notes)) == (taken, 2 - taken)
