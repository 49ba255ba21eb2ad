"""People of one brand at another brand's host: no password, session, link or passkey of theirs works there."""

from __future__ import annotations

import json

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.customer_closing import change_customer
from doorward.accounts.errors import LinkInvalid
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.credentials.errors import PasskeyChallengeInvalid
from doorward.credentials.passkeys import challenges
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.password import change
from doorward.customers import cached, pictures
from doorward.customers import services as customers
from doorward.customers.models import Brand, Customer, CustomerStatus, PictureKind
from doorward.gate.loading import load
from doorward.recovery.models import RecoveryRequest, Way
from doorward.sessions import issuing
from doorward.sessions.events import SIGN_IN_ABANDONED
from doorward.sessions.models import Session
from doorward.web.http import cookies
from doorward.web.kit.passkeys import party_of
from tests.kit import browsers, codes, managing, passkeys, people, policies
from tests.kit.email_changes import ask_email
from tests.kit.pictures import picture
from tests.kit.softkey import SoftKey
from tests.whole.routes import ROUTES
from tests.whole.rows import state

pytestmark = pytest.mark.django_db

HERE = "portal.harbour.example"
ALSO_HERE = "harbour.example"
THERE = "portal.brightwave.example"
NOBODYS = "localhost"


@pytest.fixture
def brands(owner, outsider):
    """Return the owner's brand names of its own, and the outsider another brand: neither is the default one."""
    made = [
        Brand.objects.create(name=name, issuer=name, hosts=hosts)
        for name, hosts in (("Harbour", [HERE, ALSO_HERE]), ("Brightwave", [THERE]))
    ]
    for person, brand in zip((owner, outsider), made, strict=True):
        Customer.objects.filter(id=person.customer_id).update(brand=brand)
    cached.forget()
    return made


@pytest.fixture
def mine(owner, brands):
    """Return the owner as they are now, at a brand of their own."""
    return people.again(owner)


def at(host, **cookies):
    client = Client(HTTP_HOST=host, HTTP_USER_AGENT=people.CHROME)
    for name, value in cookies.items():
        client.cookies[name] = value
    return client


def signed_in(person, host=HERE):
    return browsers.sign_in(at(host), person)


def carried(browser, host):
    """Return the same cookies at another host, as nobody's browser would."""
    return at(host, **{name: cookie.value for name, cookie in browser.cookies.items()})


def move(person, brand):
    """Move somebody's customer to another brand."""
    wanted = customers.CustomerChange(
        name=person.customer.name,
        brand_id=brand.id,
        status=CustomerStatus.ACTIVE,
        confirmed=True,
    )
    change_customer(person.customer_id, wanted, actor=CONSOLE, now=timezone.now())


# --- the password ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", [HERE, ALSO_HERE, f"{HERE}:8443", HERE.upper(), f"{HERE}."])
def test_under_each_name_of_the_own_brand_they_sign_in(mine, host):
    assert signed_in(mine, host).get("/").status_code == 200


@pytest.mark.parametrize("host", [THERE, f"{THERE}.", THERE.upper(), NOBODYS, "192.0.2.1"])
def test_the_right_password_elsewhere_begins_nothing_and_says_where_the_portal_is(mine, host):
    answer = at(host).post("/sign-in/", {"email": mine.email, "password": people.PASSWORD})
    assert answer.status_code == 422
    assert f"http://{HERE}:8000/sign-in/" in answer.content.decode()
    assert settings.SESSION_COOKIE_NAME not in answer.cookies
    assert not Session.objects.exists()


@pytest.mark.parametrize("status", ["active", "suspended", "invited", "removed"])
def test_a_stranger_learns_nothing_of_it(mine, status):
    Administrator.objects.everywhere().filter(id=mine.id).update(status=status)
    wrong = at(THERE).post("/sign-in/", {"email": mine.email, "password": people.OTHER_PASSWORD})
    nobody = at(THERE).post(
        "/sign-in/", {"email": "nobody@harbour.example", "password": people.PASSWORD}
    )
    for answer in (wrong, nobody):
        assert answer.status_code == 422
        assert HERE not in answer.content.decode()
        assert "E-mail and password do not match" in answer.content.decode()
    if status != "active":
        right = at(THERE).post("/sign-in/", {"email": mine.email, "password": people.PASSWORD})
        assert HERE not in right.content.decode()


def test_it_is_counted_like_any_sign_in(mine):
    wrong = {"email": mine.email, "password": people.OTHER_PASSWORD}
    for _ in range(5):
        at(THERE).post("/sign-in/", wrong)
    assert at(THERE).post("/sign-in/", wrong).status_code == 429
    right = {"email": mine.email, "password": people.PASSWORD}
    for host in (HERE, THERE):
        assert at(host).post("/sign-in/", right).status_code == 429


def test_a_right_one_keeps_nobody_waiting_and_is_told_to_its_owner(mine):
    right = {"email": mine.email, "password": people.PASSWORD}
    for _ in range(12):
        assert at(THERE).post("/sign-in/", right).status_code == 422
    assert at(HERE).post("/sign-in/", right).status_code == 303
    told = people.events(SIGN_IN_ABANDONED)
    assert len(told) == 12
    assert {(event.subject_id, event.outcome) for event in told} == {(mine.id, "ok")}
    assert told[0].details["reason"] == "portal_elsewhere"


# --- the session ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/security/", "/administrators/", "/activity/"])
@pytest.mark.parametrize("host", [THERE, NOBODYS])
def test_a_session_that_is_carried_to_another_host_is_none(mine, host, path):
    browser = signed_in(mine)
    assert browser.get(path).status_code == 200
    answer = carried(browser, host).get(path)
    assert (answer.status_code, answer["Location"].partition("?")[0]) == (303, "/sign-in/")
    assert browser.get(path).status_code == 200


@pytest.mark.parametrize("step", ["/sign-in/code/", "/sign-in/recovery/", "/sign-in/set-up/"])
def test_nor_does_a_half_made_one_go_on_there(mine, step):
    secret = codes.enable_app(mine)
    browser = at(HERE)
    browser.post("/sign-in/", {"email": mine.email, "password": people.PASSWORD})
    there = carried(browser, THERE)
    answer = there.post(step, {"code": codes.code(secret)})
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/")
    assert not Session.objects.filter(factor_at__isnull=False).exists()


def test_nothing_is_changed_by_it_there(mine, colleague):
    browser = signed_in(mine)
    there = carried(browser, THERE)
    for path, fields in (
        ("/security/2fa/enable/", {"code": "123456"}),
        (
            "/profile/",
            {"first_name": "Mallory", "last_name": "M", "phone": "", "email": "m@m.example"},
        ),
        (f"/administrators/{colleague.id}/end-sessions/", {}),
    ):
        assert there.post(path, fields)["Location"] == "/sign-in/"
    assert people.again(mine).first_name == mine.first_name


def test_one_of_another_brand_ends_where_its_customer_is_moved_away(mine, brands):
    browser = signed_in(mine)
    Customer.objects.filter(id=mine.customer_id).update(brand=brands[1])
    for host in (HERE, THERE, NOBODYS):
        answer = carried(browser, host).get("/")
        assert answer.status_code == 303, host
        assert answer["Location"].startswith("/sign-in/"), host
    assert signed_in(mine, THERE).get("/").status_code == 200


def test_nor_is_it_there_again_when_the_customer_comes_back(mine, brands):
    browser = signed_in(mine)
    for brand in (brands[1], brands[0]):
        move(mine, brand)
    assert browser.get("/").status_code == 303


def test_one_of_a_host_that_is_taken_from_the_brand_ends_there(mine, brands):
    browser = signed_in(mine, ALSO_HERE)
    Brand.objects.filter(id=brands[0].id).update(hosts=[HERE])
    cached.forget()
    assert browser.get("/").status_code == 421


# --- mailed links ---------------------------------------------------------------------------------


PAGES = {
    LinkPurpose.RESET: "/password/reset/",
    LinkPurpose.NOT_ME: "/not-me/",
    LinkPurpose.EMAIL_NEW: "/e-mail/confirm/",
    LinkPurpose.EMAIL_OLD: "/e-mail/confirm/",
    LinkPurpose.INVITATION: "/invitation/",
    LinkPurpose.SECOND_ADDRESS: "/second-address/confirm/",
    LinkPurpose.LOST: "/security/lost/device/",
    LinkPurpose.VETO: "/veto/",
    LinkPurpose.RESCUE: "/rescue/",
}


def opened(path, host):
    client = at(host)
    answer = client.get(path)
    assert answer.status_code == 303
    return client, answer["Location"]


@pytest.mark.parametrize("purpose", mailed_links.STAY)
def test_what_nobody_can_ask_for_again_leads_home_since_its_customer_may_have_been_moved(
    mine, purpose
):
    person = mine if purpose != LinkPurpose.INVITATION else people.again(invited(mine))
    about = _waits(person).id if purpose == LinkPurpose.VETO else None
    link = mailed_links.make(purpose, administrator_id=person.id, now=timezone.now(), about=about)
    path = mailed_links.path(link)
    for host in (THERE, NOBODYS):
        assert at(host).get(path)["Location"].partition("//")[2] == f"{HERE}:8000{path}"
        client, page = opened(f"{PAGES[purpose]}{'A' * 43}/", host)
        assert page == PAGES[purpose]
        assert client.get(page).status_code == 404
    home, page = opened(path, HERE)
    assert home.get(page).status_code == 200


@pytest.mark.parametrize("purpose", sorted(set(PAGES) - set(mailed_links.STAY)))
@pytest.mark.parametrize("host", [THERE, NOBODYS])
def test_a_mailed_link_that_is_opened_at_another_host_is_no_link(mine, purpose, host):
    person, about = mine, _change(mine) if "email" in purpose.value else None
    link = mailed_links.make(purpose, administrator_id=person.id, now=timezone.now(), about=about)
    client, page = opened(mailed_links.path(link), host)
    made_up, _ = opened(f"{page}{'A' * 43}/", host)
    shown, unknown = client.get(page), made_up.get(page)
    assert (shown.status_code, unknown.status_code) == (404, 404)
    assert person.email not in shown.content.decode()
    assert _seen(shown) == _seen(unknown)
    used = client.post(page, {"password": people.OTHER_PASSWORD})
    assert used.status_code == 422
    assert settings.SESSION_COOKIE_NAME not in used.cookies
    # Not used up: at home it works.
    home, page = opened(mailed_links.path(MailedLink.objects.get(id=link.id)), HERE)
    assert home.get(page).status_code == 200


def _seen(answer):
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return [line for line in main.splitlines() if "csrfmiddlewaretoken" not in line]


def _waits(person):
    """Return help that was asked for, and can be objected to."""
    return RecoveryRequest.objects.create(
        administrator=person, way=Way.WAITING, second=False, asked_at=timezone.now()
    )


def _change(person):
    ask_email(person, "new@harbour.example", actor=people.actor(person), now=timezone.now())
    return EmailChange.objects.get(administrator=person).id


def invited(person):
    return people.invite(person.customer, email="lena.new@harbour.example")


@pytest.mark.parametrize("cookie", [True, False])
def test_a_links_cookie_that_is_carried_there_is_of_no_use(mine, cookie):
    link = mailed_links.make(LinkPurpose.RESET, administrator_id=mine.id, now=timezone.now())
    home, page = opened(mailed_links.path(link), HERE)
    there = carried(home, THERE) if cookie else at(THERE)
    assert there.post(page, {"password": people.OTHER_PASSWORD}).status_code == 422
    assert (cookies.LINK in there.cookies) == cookie
    assert home.post(page, {"password": people.OTHER_PASSWORD}).status_code == 303


def test_the_service_itself_refuses_it(mine):
    link = mailed_links.make(LinkPurpose.RESET, administrator_id=mine.id, now=timezone.now())
    token = mailed_links.path(link).split("/")[-2]
    with pytest.raises(LinkInvalid):
        change.reset(
            token=token,
            password=people.OTHER_PASSWORD,
            browser_token="x",
            client=ClientInfo(host=THERE),
            now=timezone.now(),
        )
    assert not Session.objects.exists()


# --- passkeys -------------------------------------------------------------------------------------


def party(brand_id):
    return party_of(cached.brand_of(brand_id))


def test_a_passkey_is_made_for_the_first_host_and_asked_for_nowhere_else(mine, brands):
    for host, works in ((HERE, True), (ALSO_HERE, False)):
        asked = signed_in(mine, f"{host}:8000").post("/security/2fa/passkey/")
        assert (asked.status_code == 200) == works, host
        said = json.loads(asked.content)
        if works:
            assert said["rp"]["id"] == HERE
        else:
            assert f"http://{HERE}:8000" in said["error"]
    for host in (HERE, ALSO_HERE, THERE):
        offered = "Sign in with a passkey" in at(f"{host}:8000").get("/sign-in/").content.decode()
        assert offered == (host != ALSO_HERE)


def test_one_whose_owner_has_another_portal_by_now_signs_in_nowhere_but_there(mine, brands):
    key = SoftKey()
    browser = signed_in(mine, f"{HERE}:8000")
    options = passkeys.options(browser, "/security/2fa/passkey/")
    origin = f"http://{HERE}:8000"
    made = browser.post(
        "/security/2fa/enable/", {"credential": key.create(options, origin), "name": ""}
    )
    assert made.status_code == 303
    Customer.objects.filter(id=mine.customer_id).update(brand=brands[1])
    before = Session.objects.count()
    stranger = at(f"{HERE}:8000")
    answer = stranger.post(
        "/sign-in/",
        {"credential": key.get(passkeys.options(stranger, "/sign-in/passkey/"), origin)},
    )
    assert answer.status_code == 422
    assert THERE in answer.content.decode()
    assert Session.objects.count() == before


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_challenge_of_one_brand_is_none_of_anothers(brands, purpose):
    now, own, other = timezone.now(), *(party(brand.id) for brand in brands)
    challenge = challenges.make(purpose, bound_to=b"x" * 32, party=own, now=now)
    with pytest.raises(PasskeyChallengeInvalid):
        challenges.consume(challenge, purpose, bound_to=b"x" * 32, party=other, now=now)
    challenges.consume(challenge, purpose, bound_to=b"x" * 32, party=own, now=now)


# --- what goes on as it was -----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["testserver", "localhost", "127.0.0.1:8000", "192.0.2.1"])
def test_a_brand_without_names_is_at_home_under_each_that_nobody_has(owner, host):
    assert signed_in(owner, host).get("/").status_code == 200


def test_but_not_under_another_brands(owner, brands):
    plain = Brand.objects.create(name="Plain", issuer="Plain")
    Customer.objects.filter(id=owner.customer_id).update(brand=plain)
    cached.forget()
    assert signed_in(owner, NOBODYS).get("/").status_code == 200
    for host in (HERE, THERE):
        answer = at(host).post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
        assert answer.status_code == 422


def test_where_several_brands_share_an_address_a_page_is_the_own_brands(owner):
    plain = Brand.objects.create(name="Plain Telecom", issuer="Plain")
    Customer.objects.filter(id=owner.customer_id).update(brand=plain)
    cached.forget()
    assert "Plain Telecom" not in at(NOBODYS).get("/sign-in/").content.decode()
    assert "Plain Telecom" in signed_in(owner, NOBODYS).get("/").content.decode()


def test_a_session_of_the_version_before_goes_on_at_home_and_nowhere_else(mine):
    started = issuing.begin(
        mine, actor=people.actor(mine), now=timezone.now(), password_at=timezone.now()
    )
    Session.objects.update(brand_id=None)
    for host, elsewhere in ((HERE, False), (ALSO_HERE, False), (THERE, True), ("", True)):
        auth = load(started.token, host=host, now=timezone.now())
        assert auth is not None
        assert auth.facts.elsewhere is elsewhere, host


def test_who_is_invited_to_a_brand_just_added_is_at_home_there_at_once():
    people.provider()
    cached.forget()
    cached.tab_links()
    brand = Brand.objects.create(name="New", issuer="New", hosts=["new.example"])
    customer = customers.add(name="Mill", brand=brand, actor=CONSOLE, now=timezone.now())
    cached.forget()
    person = people.make_administrator(customer, email="max@mill.example")
    assert signed_in(person, "new.example").get("/").status_code == 200


# --- everything else ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_knows_a_session_that_was_carried_there(mine, method):
    """Jump, exports, evidence, managing, support and whatever is added: each is a page of nobody's."""
    codes.enable_app(mine)
    browser = browsers.sign_in(at(HERE), mine)
    browser.post("/sign-in/code/", {"code": codes.next_code(mine)})
    assert browser.get("/administrators/").status_code == 200
    there, before = carried(browser, THERE), state()
    for route in ROUTES:
        answer = getattr(there, method)(route.path())
        shown = answer.content.decode()
        assert mine.email not in shown, route.pattern
        assert mine.customer.name not in shown, route.pattern
        assert "Harbour" not in shown, route.pattern
        if answer.status_code == 200:
            assert "/sign-out/" not in shown, route.pattern
    assert state() == before


def test_a_trusted_browser_spares_nothing_there(mine, brands):
    secret = codes.enable_app(mine)
    policies.ask(mine.customer_id, trust_days=30)
    home = at(HERE)
    home.post("/sign-in/", {"email": mine.email, "password": people.PASSWORD})
    home.post("/sign-in/code/", {"code": codes.code(secret), "trust": "on"})
    home.post("/sign-out/")
    assert home.cookies[cookies.TRUSTED].value
    sent = {"email": mine.email, "password": people.PASSWORD}
    for host in (THERE, NOBODYS):
        assert carried(home, host).post("/sign-in/", sent).status_code == 422
    again = carried(home, HERE)
    again.post("/sign-in/", sent)
    assert again.get("/security/").status_code == 200
    # Nor after the customer was moved: the second step is asked for at the new brand's.
    move(mine, brands[1])
    there = carried(home, THERE)
    there.post("/sign-in/", sent)
    assert there.get("/security/")["Location"] == "/sign-in/code/"


def test_what_staff_manages_is_managed_nowhere_else(owner):
    client = managing.let_in(managing.make_manager(), managing.old_owner(owner))
    assert client.get("/administrators/").status_code == 200
    Brand.objects.create(name="Brightwave", issuer="Brightwave", hosts=[THERE])
    cached.forget()
    for host in (THERE, f"{THERE}:8443"):
        answer = carried(client, host).get("/administrators/")
        assert answer["Location"].partition("?")[0] == "/sign-in/", host


def test_a_picture_of_another_brand_is_shown_to_nobody_there(mine, brands):
    pictures.change(brands[1].id, PictureKind.LOGO, picture(), actor=CONSOLE)
    cached.forget()
    path = f"/brands/{brands[1].id}/pictures/logo"
    assert at(HERE).get("/brand/logo").status_code == 404
    assert at(THERE).get("/brand/logo").status_code == 200
    assert signed_in(mine).get(path).status_code == 403
    assert at(THERE).get(path).status_code == 303


# --- a name that is nobody's ----------------------------------------------------------------------


@pytest.mark.parametrize("host", ["nobody.example", "192.0.2.1", "no_name!"])
def test_a_name_that_is_nobodys_shows_a_page_that_says_nothing_of_anybody(mine, settings, host):
    pictures.change(
        Brand.objects.get(is_default=True).id, PictureKind.LOGO, picture(), actor=CONSOLE
    )
    Brand.objects.update(
        support_phone="+49 30 23125 010", accent="#ab12cd", confirmed_hosts={HERE: "x"}
    )
    update = {"public_url": "https://portal.northline.example"}
    settings.DOORWARD = settings.DOORWARD.model_copy(update=update)
    cached.forget()
    names = Brand.objects.values_list("name", flat=True)
    said = [*names, "23125 010", "ab12cd", HERE, THERE, "logo"]
    addresses = [route.path() for route in ROUTES] + ["/nope/", "/nope", "/brands/nope/"]
    for path in addresses:
        for method in ("get", "post", "put"):
            answer = getattr(at(host), method)(path)
            assert answer.status_code >= 300 or path in MACHINES, path
            shown = answer.content.decode() + answer.get("Location", "")
            found = [word for word in said if word in shown.replace(path, "")]
            assert not found, (path, method, answer.status_code)


# These know no brand, and a monitor may have the address alone.
MACHINES = {"/healthz", "/readyz", "/robots.txt"}
