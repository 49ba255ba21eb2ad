"""`doorward applications`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from doorward.applications import secrets
from doorward.applications.events import (
    APPLICATION_ADDED,
    APPLICATION_REMOVED,
    CLIENT_SECRET_MADE,
    CLIENT_SECRET_REMOVED,
)
from doorward.applications.models import Application, ClientSecret, SigningKey
from doorward.cli.base import main
from doorward.gate.assurance import Assurance
from tests.kit import people
from tests.kit.applications import CALLBACK, make_tab

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tab(db):
    people.provider()
    return make_tab()


def run(*words, **rest):
    return CliRunner().invoke(main, ["applications", *words], **rest)


def test_an_application_is_added_once_and_its_secret_is_shown_once():
    added = run("add", "phone", "--redirect", CALLBACK, "--scope", "email")
    assert added.exit_code == 0, added.output
    client_id, secret = added.stdout.split()
    [row] = ClientSecret.objects.all()
    assert bytes(row.keyed_hash) == secrets.hashed(secret)
    [event] = people.events(APPLICATION_ADDED)
    assert (event.actor_type, event.details["client_id"]) == ("operator", client_id)
    assert len(people.events(CLIENT_SECRET_MADE)) == 1

    shown = run("show", "phone")
    assert json.loads(shown.stdout)["scopes"] == ["openid", "email"]
    assert secret not in shown.stdout
    assert run("list").stdout.splitlines()[1].split() == ["phone", client_id, "confidential"]
    assert json.loads(run("list", "--json").stdout)[0]["redirect_uris"] == [CALLBACK]
    again = run("add", "phone", "--redirect", CALLBACK)
    assert (again.exit_code, again.stderr) == (1, "This tab has an application already.\n")


def test_a_public_one_has_no_secret():
    added = run("add", "phone", "--redirect", "com.phone.app:/callback", "--public")
    assert len(added.stdout.split()) == 1
    refused = run("secret", "new", "phone")
    assert refused.exit_code == 1
    assert not ClientSecret.objects.exists()


def test_a_secret_is_changed_for_another():
    run("add", "phone", "--redirect", CALLBACK)
    old = json.loads(run("show", "phone").stdout)["secrets"][0]["id"]
    new = run("secret", "new", "phone")
    assert len(new.stdout.strip()) == 43
    assert run("secret", "new", "phone").exit_code == 1
    assert run("secret", "remove", "phone", old).exit_code == 0
    assert run("secret", "remove", "phone", old).exit_code == 1
    assert len(people.events(CLIENT_SECRET_REMOVED)) == 1
    assert len(json.loads(run("show", "phone").stdout)["secrets"]) == 1


def test_a_removed_one_is_gone():
    run("add", "phone", "--redirect", CALLBACK)
    assert run("remove", "phone").exit_code == 0
    assert not Application.objects.exists()
    assert len(people.events(APPLICATION_REMOVED)) == 1
    for words in (["remove", "phone"], ["show", "phone"], ["show", "nothing"]):
        refused = run(*words)
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)


def test_what_cannot_be_is_refused_in_one_sentence():
    refused = run("add", "phone", "--redirect", "http://phone.example/")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert not Application.objects.exists()


def test_keys_that_are_no_text_are_none(tmp_path):
    file = tmp_path / "keys.json"
    file.write_bytes(b"\xff\xfe{")
    refused = run("add", "phone", "--redirect", CALLBACK, "--keys", str(file))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Paste a JSON Web Key Set")


@pytest.mark.parametrize("wrong", [("--scope", "everything"), ("--required-acr", "two")])
def test_a_word_that_nobody_knows_is_refused_and_not_left_out(wrong):
    refused = run("add", "phone", "--redirect", CALLBACK, *wrong)
    assert refused.exit_code == 2
    assert "is not one of" in refused.stderr
    assert not Application.objects.exists()


def test_what_its_people_must_verify_is_what_the_gate_knows():
    assert run("add", "phone", "--redirect", CALLBACK, "--required-acr", "phr").exit_code == 0
    assert Application.objects.get().required_acr == Assurance.PHISHING_RESISTANT


def test_keys_are_replaced_where_there_are_any():
    none = run("new-keys")
    assert (none.exit_code, "made with the first application" in none.stderr) == (1, True)
    run("add", "phone", "--redirect", CALLBACK)
    before = set(SigningKey.objects.values_list("id", flat=True))
    done = run("new-keys")
    assert done.exit_code == 0, done.output
    after = set(SigningKey.objects.values_list("id", flat=True))
    assert (len(after), before & after) == (2, set())
