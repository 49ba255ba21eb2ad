"""A code, a refresh token, an assertion, a pushed request, used by several at the same moment: one gets something."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.applications import (
    authorization_codes,
    pushed_requests,
    refresh_tokens,
    secrets,
    sites,
)
from doorward.applications.errors import SecretMade, SiteHostTaken, SiteIsPortal
from doorward.applications.events import SITE_ADDED
from doorward.applications.models import ClientSecret, Grant, Site
from doorward.applications.protocol import ProtocolError
from doorward.applications.requested_scopes import Part
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.customers import brands
from doorward.kernel.errors import FieldsRefused
from tests.kit import people
from tests.kit.applications import (
    CALLBACK,
    Relying,
    give_tab,
    make_application,
    make_secret,
    make_tab,
)
from tests.kit.browsers import browser_of
from tests.kit.racing import at_once
from tests.kit.sites import make_site

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def test_a_button_pressed_twice_makes_one_secret(owner, relying):
    """Two windows' worth of one form, and a second application's, which chose the same id."""
    secret_id, now = uuid4(), timezone.now()
    other = make_application("billing")

    def press(application):
        return lambda: secrets.make_to_show(application.id, secret_id, actor=CONSOLE, now=now)

    got = at_once([press(relying.application)] * 3 + [press(other)])
    assert got.count(None) == 1
    assert {type(one) for one in got if one is not None} == {SecretMade}
    assert ClientSecret.objects.filter(id=secret_id).count() == 1


def _tried(call):
    def run(*_number):
        try:
            return call()
        except ProtocolError:
            return None

    return run


def test_a_code(owner, relying):
    code, now = relying.code(browser_of(owner)), timezone.now()
    call = _tried(
        lambda: authorization_codes.redeem(
            relying.application,
            code=code,
            redirect_uri=CALLBACK,
            verifier=relying.verifier,
            client=ClientInfo(),
            now=now,
        )
    )
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) <= 1
    # Who came second ended it, since one of them stole it.
    assert Grant.objects.get().ended_at is not None


def test_a_refresh_token(owner, relying):
    token, now = relying.tokens(browser_of(owner))["refresh_token"], timezone.now()
    call = _tried(
        lambda: refresh_tokens.use(relying.application, token, Part(), client=ClientInfo(), now=now)
    )
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) <= 1
    assert Grant.objects.get().ended_at is not None


def test_a_pushed_request(owner, relying):
    now = timezone.now()
    address = pushed_requests.keep(relying.application, relying.wish(), now=now)
    call = _tried(lambda: pushed_requests.take(relying.application, address, now=now))
    got = [one for one in at_once([call] * 6) if one is not None]
    assert len(got) == 1


# --- one host name, several who want it -----------------------------------------------------------


def _add_site(tab, origin: str):
    details = sites.SiteDetails(origin=origin)
    return lambda: sites.add(tab.id, details, actor=CONSOLE, now=timezone.now())


def test_a_host_name_is_the_site_of_one_tab(owner):
    """The very same address: whoever comes second reads whose it is."""
    tabs = [make_tab(f"wiki{number}") for number in range(4)]
    got = at_once([_add_site(tab, "https://wiki.example") for tab in tabs])
    assert sorted(type(one).__name__ for one in got) == ["Site", *["SiteTaken"] * 3]
    assert Site.objects.count() == len(people.events(SITE_ADDED)) == 1


def test_another_port_of_it_is_not_the_site_of_a_second(owner):
    tabs = [make_tab(f"wiki{number}") for number in range(4)]
    got = at_once(
        [_add_site(tab, f"https://wiki.example:{8000 + at}") for at, tab in enumerate(tabs)]
    )
    assert sorted(type(one).__name__ for one in got) == ["Site", *["SiteHostTaken"] * 3]
    assert Site.objects.count() == 1


def test_two_sites_that_move_to_one_host_at_once(owner):
    made = [make_site(f"https://{key}.example", key) for key in ("one", "two")]

    def move(site, port):
        details = sites.SiteDetails(origin=f"https://wiki.example:{port}")
        return lambda: sites.change(site.id, details, actor=CONSOLE)

    got = at_once([move(site, 8000 + at) for at, site in enumerate(made)])
    assert {type(one) for one in got} == {type(None), SiteHostTaken}


def test_a_host_name_is_a_site_s_or_a_brand_s(owner):
    tab = make_tab("wiki")
    details = _brand("Wiki")
    got = at_once(
        [
            _add_site(tab, "https://wiki.example"),
            lambda: brands.add(details, actor=CONSOLE),
        ]
    )
    refused = [one for one in got if isinstance(one, Exception)]
    assert len(refused) == 1, got
    assert isinstance(refused[0], FieldsRefused | SiteIsPortal), refused


def test_a_host_name_is_one_brand_s(owner):
    def add(name):
        return lambda: brands.add(_brand(name), actor=CONSOLE)

    got = at_once([add(name) for name in ("A", "B", "C")])
    assert sorted(type(one).__name__ for one in got) == ["Brand", "FieldsRefused", "FieldsRefused"]


def _brand(name: str) -> brands.BrandDetails:
    return brands.BrandDetails(name=name, hosts="wiki.example", accent="#2b50e0", issuer=name)
