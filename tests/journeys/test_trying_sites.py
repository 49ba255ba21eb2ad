"""Staff tries a site behind forward-auth: the headers that it would get of somebody, and the gate's decision."""

from __future__ import annotations

import html
import json

import pytest
from click.testing import CliRunner
from django.test import Client

from doorward.applications.events import APPLICATION_TRIED
from doorward.applications.models import SiteVisit
from doorward.cli.base import main
from doorward.customers.tabs import ADMINISTRATORS, CUSTOMERS, TABS
from tests.kit import people, sites
from tests.kit.applications import give_tab, said
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app
from tests.kit.sites import AtSite

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        tabs=("home", TABS, ADMINISTRATORS, CUSTOMERS),
    )


@pytest.fixture
def site(staff):
    return sites.make_site()


def _path(site):
    return f"/tabs/{site.tab_id}/site/try/"


def _console(email):
    return CliRunner().invoke(main, ["sites", "try", sites.TAB, email, "--json"])


def test_it_shows_the_headers_that_the_site_then_gets(settings, staff, site, owner):
    give_tab(owner, sites.TAB)
    enable_app(owner)
    sites.believe(settings)
    browser = AtSite(sign_in(Client(), owner))
    assert browser.sign_in().status_code == 303
    got = browser.ask()
    assert got.status_code == 200

    tried = json.loads(_console(owner.email).stdout)
    for name, value in tried["claims"]["headers"].items():
        assert got[name] == value
    signed = said(got["Doorward-Assertion"])
    told = tried["claims"]["Doorward-Assertion"]
    assert told == {name: signed[name] for name in told}
    [now] = tried["sessions"]
    assert (now["step"], now["acr"], now["amr"]) == ("through", signed["acr"], signed["amr"])
    assert signed.keys() - told.keys() == {"acr", "amr", "auth_time", "iat", "exp"}

    enable_app(staff)
    answer = sign_in(Client(), staff).post(_path(site), {"email": owner.email})
    page = answer.content.decode()
    assert "gets in at once" in page
    for value in (*tried["claims"]["headers"].values(), told["sub"], signed["acr"]):
        assert html.escape(value) in page


def test_who_has_no_right_gets_no_header_and_the_site_hears_nothing(staff, site, owner):
    browser = browser_of(staff)
    page = browser.post(_path(site), {"email": owner.email}).content.decode()
    assert "does not get in: no right to this tab" in page
    assert "The site is told nothing of them." in page
    assert "Remote-Email" not in page
    assert not SiteVisit.objects.exists()
    [event] = people.events(APPLICATION_TRIED)
    assert (event.actor_id, event.subject_id) == (staff.id, owner.id)


def test_what_the_site_asks_for_is_in_the_way(staff, site, owner):
    give_tab(owner, sites.TAB)
    enable_app(owner)
    type(site).objects.update(required_acr="phr")
    page = browser_of(staff).post(_path(site), {"email": owner.email}).content.decode()
    assert "before they have set up what the application asks for" in page


def test_its_page_leads_there_and_no_other_tab_has_one(staff, site, owner):
    browser = browser_of(staff)
    assert _path(site) in browser.get(f"/tabs/{site.tab_id}/site/").content.decode()
    assert browser.get(_path(site)).status_code == 200
    assert browser.get(f"/tabs/{site.tab_id}/application/try/").status_code == 404
    assert browser_of(owner).get(_path(site)).status_code == 403


def test_the_console_says_what_is_wrong(staff, site):
    assert _console("nobody@nowhere.example").stderr == "Nobody has this e-mail.\n"
    other = CliRunner().invoke(main, ["sites", "try", "none", "x@y.example"])
    assert (other.exit_code, other.stderr) == (1, "The tab none has no site.\n")
