"""One browser, two portals on one host name, or two people: what one leaves there never touches another's."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers.trust import MOST_TRUSTED
from doorward.environment.fields import Environment
from doorward.web.http.cookies import TRUSTED as NAME
from tests.kit import browsers, codes, passkeys, people, policies, serving
from tests.kit.softkey import SoftKey

pytestmark = pytest.mark.django_db


def names(address: str, bind: str = "127.0.0.1:8000") -> set[str]:
    found = Environment(public_url=address, bind=bind)
    return {found.cookie_name(name) for name in ("session", "csrf", "trusted", "browser")}


def test_two_portals_on_one_host_name_call_their_cookies_by_other_names():
    portals = [
        names("https://portal.example.com"),
        names("https://portal.example.com:8443"),
        names("http://portal.example.com"),
        names("http://portal.example.com:8080"),
        names("", bind="127.0.0.1:8000"),
        names("", bind="127.0.0.1:8001"),
    ]
    assert len(set.union(*portals)) == sum(map(len, portals))
    assert names("https://portal.example.com") == names("https://other.example.com:443")
    assert all(name.startswith("__Host-") for name in portals[0] | portals[1])


def test_every_cookie_is_called_so(owner):
    policies.ask(owner.customer_id, trust_days=30)
    codes.enable_app(owner)
    client = Client()
    browsers.sign_in(client, owner)
    client.post("/language/", {"language": "de", "next": "/"})
    port = urlsplit(settings.DOORWARD.origin).port
    assert client.cookies
    assert all(name.endswith(f"-{port}") for name in client.cookies), client.cookies


@pytest.mark.at_length
@pytest.mark.processes
@pytest.mark.xdist_group("processes")
def test_a_browser_is_signed_in_to_both(tmp_path):
    servers = [serving.start(serving.made_before(tmp_path / name)) for name in ("one", "two")]
    try:
        browser = serving.Browser("")
        for server in servers:
            browser.address = server.address
            added = serving.doorward(
                *("administrators", "add", "ines@harbour.example", "--customer", "Harbour"),
                *("--primary", "--password-stdin"),
                folder=_with_customer(tmp_path, servers, server),
                stdin=people.PASSWORD,
            )
            assert added.returncode == 0, added.stderr
            browser.get("/sign-in/")
            fields = {"email": "ines@harbour.example", "password": people.PASSWORD, "next": ""}
            assert browser.post("/sign-in/", **fields) == "/"
        for server in servers:
            browser.address = server.address
            assert browser.get("/security/") == "/security/"
        browser.post("/sign-out/")
        browser.address = servers[0].address
        assert browser.get("/security/") == "/security/"
    finally:
        for server in servers:
            server.stop()


def _with_customer(tmp_path, servers, server):
    folder = tmp_path / ("one", "two")[servers.index(server)]
    assert serving.doorward("customers", "add", "Harbour", folder=folder).returncode == 0
    return folder


# --- two people -----------------------------------------------------------------------------------


def sign_in(client, person, **form):
    client.post("/sign-in/", {"email": person.email, "password": people.PASSWORD, "next": ""})
    if form.pop("code", True):
        answer = client.post("/sign-in/code/", {"code": codes.next_code(person)} | form)
        assert answer.status_code == 303, answer.content.decode()
    through = client.get("/security/").status_code == 200
    client.post("/sign-out/")
    return through


@pytest.fixture
def both(owner, colleague):
    policies.ask(owner.customer_id, trust_days=30)
    for person in (owner, colleague):
        codes.enable_app(person)
    return owner, colleague


def test_two_people_who_trust_one_browser_leave_each_other_s_trust(both):
    client = Client()
    for person in both:
        assert sign_in(client, person, trust="on")
    for person in (*both, *both):
        assert sign_in(client, person, code=False)
    assert TrustedBrowser.objects.count() == 2
    assert int(client.cookies[NAME]["max-age"]) > 30 * 24 * 3600, "it outlives the longer trust"


def test_nobody_is_spared_by_the_trust_of_another(both, outsider):
    client = Client()
    assert sign_in(client, both[0], trust="on")
    assert not sign_in(client, both[1], code=False)
    policies.ask(outsider.customer_id, trust_days=30)
    codes.enable_app(outsider)
    assert not sign_in(client, outsider, code=False)


def test_trusted_again_one_s_own_is_replaced_and_the_others_stay(both):
    client = Client()
    for person in both:
        sign_in(client, person, trust="on")
    before = client.cookies[NAME].value.split(".")
    TrustedBrowser.objects.filter(administrator=both[0]).update(until=timezone.now())
    assert sign_in(client, both[0], trust="on")
    after = client.cookies[NAME].value.split(".")
    assert len(after) == 2
    assert len(set(before) & set(after)) == 1
    assert sign_in(client, both[1], code=False)
    assert TrustedBrowser.objects.filter(administrator=both[0]).count() == 1


def test_there_is_room_for_some_and_never_for_more(both):
    client = Client()
    sign_in(client, both[0], trust="on")
    made_up = ".".join("A" * 43 for _ in range(MOST_TRUSTED + 3))
    client.cookies[NAME] = f"{client.cookies[NAME].value}.{made_up}"[: 44 * MOST_TRUSTED - 1]
    assert sign_in(client, both[1], trust="on")
    assert client.cookies[NAME].value.count(".") < MOST_TRUSTED
    assert sign_in(client, both[1], code=False)
    client.cookies[NAME] = "x" * 4000
    assert not sign_in(client, both[0], code=False)


def test_two_tokens_of_one_s_own_show_each_factor_once(both):
    tokens = []
    for _ in range(2):
        client = Client()
        sign_in(client, both[0], trust="on")
        tokens.append(client.cookies[NAME].value)
    client = Client()
    client.cookies[NAME] = ".".join(tokens)
    client.post("/sign-in/", {"email": both[0].email, "password": people.PASSWORD, "next": ""})
    page = client.get("/security/").content.decode()
    assert page.count("/security/factors/") == 1


# --- passkeys -------------------------------------------------------------------------------------


def test_a_passkey_of_another_portal_on_this_host_name_is_left_alone(owner):
    mine, foreign = passkeys.add(owner), SoftKey()
    client = Client(HTTP_HOST=urlsplit(passkeys.ORIGIN).netloc)

    def told(key, handle):
        challenge = client.post("/sign-in/passkey/").json()
        answer = key.get(challenge, passkeys.ORIGIN, user_handle=handle)
        page = client.post("/sign-in/", {"credential": answer, "next": ""}).content.decode()
        return "data-signal" in page

    gone = SoftKey(user_handle=mine.user_handle)
    assert told(gone, mine.user_handle), "one that was removed here is forgotten"
    assert not told(foreign, b"x" * 64), "one that was never of here is not"


def test_what_waits_to_be_told_is_not_told_to_who_comes_next(owner):
    browser = browsers.browser_of(owner)
    browser.post("/security/trusted-browsers/end/", {"all": "on"})
    assert settings.DOORWARD.cookie_name("messages") in browser.cookies
    browser.post("/sign-out/")
    assert "No browser is trusted" not in browser.get("/sign-in/").content.decode()
