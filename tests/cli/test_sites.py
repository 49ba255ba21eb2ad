"""`doorward sites`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from doorward.applications.events import SITE_ADDED, SITE_REMOVED
from doorward.applications.models import Site
from doorward.cli.base import main
from tests.kit import people
from tests.kit.applications import make_application, make_tab

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tab(db):
    people.provider()
    return make_tab("wiki")


def run(*words):
    return CliRunner().invoke(main, ["sites", *words])


def test_a_site_is_added_listed_and_removed():
    added = run("add", "wiki", "https://Wiki.Example:443/", "--required-acr", "phr")
    assert added.stdout == "https://wiki.example is behind the sign-in.\n", added.output
    [event] = people.events(SITE_ADDED)
    assert (event.actor_type, event.details["key"]) == ("operator", "wiki")
    assert run("list").stdout.splitlines()[1].split() == ["wiki", "https://wiki.example", "phr"]
    [listed] = json.loads(run("list", "--json").stdout)
    assert listed == {"tab": "wiki", "address": "https://wiki.example", "required_acr": "phr"}
    again = run("add", "wiki", "https://other.example")
    assert (again.exit_code, "has a site" in again.stderr) == (1, True)
    assert run("remove", "wiki").exit_code == 0
    assert not Site.objects.exists()
    assert len(people.events(SITE_REMOVED)) == 1
    assert run("remove", "wiki").stderr == "The tab wiki has no site.\n"
    assert run("add", "nothing", "https://x.example").exit_code == 1


def test_a_tab_has_an_application_or_a_site():
    make_application("phone")
    refused = run("add", "phone", "https://phone.example")
    assert (refused.exit_code, "has an application" in refused.stderr) == (1, True)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "wiki.example",
        "http://wiki.example",
        "https://wiki.example/path",
        "https://wiki.example?x",
        "https://wiki.example#x",
        "https://me@wiki.example",
        "https://*.example",
        "ftp://wiki.example",
        "https://wiki.example:99999",
        "https://wiki.example\\@evil.example",
        f"https://{'a.' * 160}example",
        # The portal's own.
        "http://localhost:9000",
    ],
)
def test_an_address_is_a_host_with_https_and_not_the_portal_s(address):
    assert run("add", "wiki", address).exit_code == 1
    assert not Site.objects.exists()


def test_two_tabs_do_not_have_one_site():
    make_tab("logs")
    assert run("add", "wiki", "https://wiki.example").exit_code == 0
    refused = run("add", "logs", "https://WIKI.example.")
    assert (refused.exit_code, "another tab" in refused.stderr) == (1, True)
