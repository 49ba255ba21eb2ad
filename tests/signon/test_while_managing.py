"""Staff opens an application while managing a customer's portal: with both yeses, as nobody, and only for so long."""

from __future__ import annotations

import pytest
from django.utils import timezone

from doorward.applications import back_channel_logout
from doorward.applications.events import APPLICATION_MANAGED, APPLICATION_SIGNED_IN
from doorward.applications.models import Application, Grant, SiteVisit
from doorward.managing.models import Managing
from tests.applications.test_back_channel_logout import listening
from tests.kit import managing, people
from tests.kit.applications import (
    Relying,
    answer_of,
    give_tab,
    make_application,
    make_secret,
    said,
    take_tab,
)
from tests.kit.browsers import browser_of_with_factor
from tests.kit.sites import AtSite, believe, make_site

pytestmark = pytest.mark.django_db
ALL = "openid profile email phone customer tabs"


@pytest.fixture
def owner(owner):
    give_tab(owner)
    return managing.old_owner(owner)


@pytest.fixture
def staff(owner):
    return managing.make_manager()


@pytest.fixture
def application(owner):
    return make_application(while_managing=True, scopes=frozenset(ALL.split()))


@pytest.fixture
def relying(application):
    return Relying(application, make_secret(application))


def _inside(staff, owner):
    return managing.let_in(staff, owner, changes=True)


def test_tokens_name_the_customer_and_who_acts_and_none_of_its_people(owner, staff, relying):
    own = said(relying.tokens(browser_of_with_factor(owner))["id_token"])
    tokens = relying.tokens(_inside(staff, owner), scope=ALL)
    told = relying.userinfo(tokens["access_token"]).json()
    give_tab(staff)
    mine = said(relying.tokens(browser_of_with_factor(staff))["id_token"])

    for claims in (said(tokens["id_token"]), said(tokens["access_token"]), told):
        assert claims["sub"] not in {own["sub"], mine["sub"]}
        assert claims["act"] == {"sub": mine["sub"]}
    assert "act" not in own
    assert "act" not in mine
    assert told["customer"]["id"] == str(owner.customer_id)
    assert told["name"] == owner.customer.name
    text = str(told)
    for person in (owner, staff):
        assert person.email not in text
        assert person.last_name not in text
    assert not {"email", "email_verified", "phone_number", "given_name"} & told.keys()
    shown = relying.post("/oidc/introspect/", token=tokens["refresh_token"]).json()
    assert (shown["sub"], shown["act"]) == (told["sub"], told["act"])


def test_history_of_both_has_it_and_the_customer_sees_it_live(owner, staff, relying):
    relying.tokens(_inside(staff, owner))
    events = people.events(APPLICATION_MANAGED)
    assert {one.customer_id for one in events} == {owner.customer_id, staff.customer_id}
    at_customer = next(one for one in events if one.customer_id == owner.customer_id)
    assert (at_customer.actor_id, at_customer.on_behalf_of_id) == (staff.id, owner.id)
    assert at_customer.details["tab"] == "Phone"
    assert not people.events(APPLICATION_SIGNED_IN)
    page = browser_of_with_factor(owner).get(f"/managing/{Managing.objects.get().id}/")
    assert "opened an application while managing the portal" in page.content.decode()


def test_ended_by_the_customer_it_is_over_at_once_and_the_application_is_told(
    owner, staff, relying
):
    browser = _inside(staff, owner)
    tokens = relying.tokens(browser)
    with listening(200) as (address, came):
        Application.objects.update(logout_channel=address)
        assert back_channel_logout.work_due(now=timezone.now()) == 0
        ended = browser_of_with_factor(owner).post(f"/managing/{Managing.objects.get().id}/end/")
        assert ended.status_code == 303
        assert relying.userinfo(tokens["access_token"]).status_code == 401
        refused = relying.refresh(tokens["refresh_token"])
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        back_channel_logout.work_due(now=timezone.now())
    [token] = came
    assert said(token)["sid"] == said(tokens["id_token"])["sid"]
    assert "sub" not in said(token)
    assert relying.ask(browser)["Location"].startswith("/managing/over/")


@pytest.mark.parametrize("changes", [True, False])
def test_a_site_does_not_open_and_says_why(settings, owner, staff, changes):
    """Its headers have no word for who acts; as themselves, staff opens it after managing."""
    believe(settings)
    site = make_site()
    for person in (owner, staff):
        give_tab(person, "wiki")
    portal = browser_of_with_factor(staff)
    asked = managing.ask(portal, owner, changes=changes)
    managing.agree(browser_of_with_factor(owner), asked)
    managing.begin(portal, owner)
    browser = AtSite(portal)
    page = browser.lead()
    assert page.status_code == 403
    text = page.content.decode()
    assert "Wiki is told only who somebody is" in text
    assert "End managing" in text
    assert not SiteVisit.objects.exists()
    portal.post("/managing/leave/")
    assert browser.sign_in()["Location"] == f"{site.origin}/"
    assert browser.ask("/")["Remote-Email"] == staff.email


def test_leaving_the_portal_ends_it_and_nothing_of_ones_own(owner, staff, relying):
    give_tab(staff)
    browser = browser_of_with_factor(staff)
    own = relying.tokens(browser)
    asked = managing.ask(browser, owner, changes=True)
    managing.agree(browser_of_with_factor(owner), asked)
    managing.begin(browser, owner)
    inside = relying.tokens(browser)
    for tokens in (own, inside):
        assert relying.userinfo(tokens["access_token"]).status_code == 200
    assert browser.post("/managing/leave/").status_code == 303
    assert relying.userinfo(own["access_token"]).status_code == 200
    assert relying.userinfo(inside["access_token"]).status_code == 401
    # Nor does it come back to life when they are let in again.
    again = managing.ask(browser, owner, changes=True)
    managing.agree(browser_of_with_factor(owner), again)
    managing.begin(browser, owner)
    assert relying.userinfo(relying.tokens(browser)["access_token"]).status_code == 200
    assert relying.userinfo(inside["access_token"]).status_code == 401


@pytest.mark.parametrize("takes", ["the provider's", "the customer's", "the tab"])
def test_without_one_of_the_yeses_nobody_gets_in_nor_stays(owner, staff, relying, takes):
    browser = _inside(staff, owner)
    tokens = relying.tokens(browser)
    if takes == "the provider's":
        Application.objects.update(while_managing=False)
    elif takes == "the customer's":
        Managing.objects.update(changes=False)
    else:
        take_tab(owner)
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    page = relying.ask(browser)
    assert page.status_code == 403
    assert "error=access_denied" in page.content.decode()
    assert answer_of(relying.ask(browser, prompt="none"))["error"] == "access_denied"
    assert Grant.objects.count() == 1
    if takes != "the tab":
        assert "while managing" in page.content.decode()


def test_the_right_of_staff_to_the_tab_opens_nothing_at_a_customer(owner, staff, relying):
    take_tab(owner)
    give_tab(staff)
    assert relying.ask(_inside(staff, owner)).status_code == 403
    assert not Grant.objects.exists()
