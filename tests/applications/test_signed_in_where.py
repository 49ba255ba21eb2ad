"""Where somebody is signed in to applications, as they see it beneath each session, and end it there."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.applications import back_channel_logout
from doorward.applications.events import APPLICATION_SIGNED_OUT
from doorward.applications.models import Grant, SiteVisit
from doorward.sessions.models import Session
from tests.applications.test_back_channel_logout import listening
from tests.kit import people
from tests.kit.applications import (
    Relying,
    give_tab,
    make_application,
    make_secret,
    said,
    take_tab,
)
from tests.kit.browsers import age_proofs, browser_of
from tests.kit.sites import TAB, AtSite, believe, make_site

pytestmark = pytest.mark.django_db

END = "/security/sessions/end/"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def _page(browser):
    return browser.get("/security/").content.decode()


def _asked_after(browser):
    """Return which tables of sign-ins to applications and sites the page was read from."""
    with CaptureQueriesContext(connection) as asked:
        _page(browser)
    text = "".join(query["sql"] for query in asked.captured_queries)
    return {model._meta.db_table for model in (Grant, SiteVisit) if model._meta.db_table in text}


def test_each_session_names_what_it_is_signed_in_to(owner, relying):
    browser = browser_of(owner)
    relying.code(browser)
    assert "Phone" not in _sessions(_page(browser)), "a code that was never used"
    relying.tokens(browser)
    relying.tokens(browser)
    page = _sessions(_page(browser))
    assert page.count("<strong>Phone</strong>") == 1
    assert "is told: Name, language and time zone, E-mail" in page
    other = browser_of(owner)
    assert _sessions(_page(other)).count("<strong>Phone</strong>") == 1, "beneath the other session"
    take_tab(owner)
    assert "Phone" not in _sessions(_page(browser))


def test_who_has_none_of_the_provider_s_own_tabs_is_asked_after_nowhere(owner, relying):
    browser = browser_of(owner)
    relying.tokens(browser)
    assert _asked_after(browser) == {"applications_grant", "applications_sitevisit"}
    take_tab(owner)
    assert _asked_after(browser) == set()


def test_it_is_ended_with_all_that_came_of_it_and_the_application_is_told(owner, relying):
    browser, other = browser_of(owner), browser_of(owner)
    first, second, elsewhere = (relying.tokens(one) for one in (browser, browser, other))
    with listening(200) as (address, came):
        type(relying.application).objects.update(logout_channel=address)
        newest = Grant.objects.latest("granted_at")
        assert newest.session_id != Grant.objects.earliest("granted_at").session_id
        grant = Grant.objects.exclude(session_id=newest.session_id)[0]
        done = browser.post(END, {"application": str(grant.id)})
        assert done["Location"] == "/security/"
        back_channel_logout.work_due(now=timezone.now())
    assert {said(one)["sid"] for one in came} == {said(first["id_token"])["sid"]}
    for tokens in (first, second):
        assert relying.userinfo(tokens["access_token"]).status_code == 401
        assert relying.refresh(tokens["refresh_token"]).status_code == 400
    assert relying.userinfo(elsewhere["access_token"]).status_code == 200
    assert Session.objects.filter(ended_at__isnull=True).count() == 2
    [event] = people.events(APPLICATION_SIGNED_OUT)
    assert (event.actor_id, event.subject_id, event.details["tab"]) == (owner.id, owner.id, "Phone")
    again = browser.post(END, {"application": str(grant.id)})
    assert again["Location"] == "/security/", "it is over, as was asked for"
    assert len(people.events(APPLICATION_SIGNED_OUT)) == 1


def test_a_colleague_sees_what_somebody_is_signed_in_to_and_ends_it_with_their_sessions(
    owner, colleague, relying
):
    give_tab(colleague)
    theirs = browser_of(colleague)
    tokens = relying.tokens(theirs)
    browser = browser_of(owner)
    page = f"/administrators/{colleague.id}/"
    assert "From there to: Phone." in browser.get(page).content.decode()
    assert browser.post(f"{page}end-sessions/").status_code == 303
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    assert "From there to" not in browser.get(page).content.decode()


def test_nobody_ends_what_is_somebody_else_s(owner, outsider, relying):
    tokens = relying.tokens(browser_of(owner))
    grant = Grant.objects.get()
    for name in (str(grant.id), "nonsense"):
        assert browser_of(outsider).post(END, {"application": name}).status_code == 404
    assert relying.userinfo(tokens["access_token"]).status_code == 200
    browser = browser_of(owner)
    age_proofs(owner, hours=1)
    assert browser.post(END, {"application": str(grant.id)})["Location"].startswith("/prove/")
    assert relying.userinfo(tokens["access_token"]).status_code == 200


def test_it_is_known_when_it_was_used_last_to_a_few_minutes(owner, relying):
    tokens = relying.tokens(browser_of(owner))
    old = timezone.now() - timedelta(minutes=4)
    Grant.objects.update(used_at=old)
    relying.userinfo(tokens["access_token"])
    assert Grant.objects.get().used_at == old
    Grant.objects.update(used_at=old - timedelta(minutes=2))
    relying.userinfo(tokens["access_token"])
    assert Grant.objects.get().used_at not in {old, old - timedelta(minutes=2)}


def test_an_application_that_ends_it_itself_is_in_history_too(owner, relying):
    tokens = relying.tokens(browser_of(owner))
    for _again in range(2):
        assert relying.post("/oidc/revoke/", token=tokens["refresh_token"]).status_code == 200
    [event] = people.events(APPLICATION_SIGNED_OUT)
    assert (event.actor_id, event.subject_id) == (None, owner.id)


def _sessions(page):
    return page.partition('id="sessions"')[2].partition('aria-labelledby="my-history"')[0]


def test_a_site_is_named_as_well_and_ended_in_that_browser_alone(owner, colleague, settings):
    believe(settings)
    give_tab(owner, TAB)
    make_site()
    here, there = AtSite(browser_of(owner)), AtSite(browser_of(owner))
    here.lead()
    assert "Wiki" not in _sessions(_page(here.portal)), "a code that was never used"
    for browser in (here, there):
        assert browser.sign_in().status_code == HTTPStatus.SEE_OTHER
    page = _sessions(_page(here.portal))
    assert page.count("<strong>Wiki</strong>") == 2
    assert "is told: Name, e-mail and customer" in page

    session = Session.objects.filter(visits__isnull=False).earliest("created_at")
    mine = SiteVisit.objects.filter(session=session).latest("begun_at")
    stranger = browser_of(colleague)
    assert stranger.post(END, {"application": str(mine.id)}).status_code == HTTPStatus.NOT_FOUND
    assert here.portal.post(END, {"application": str(mine.id)})["Location"] == "/security/"
    assert here.ask(answer="status").status_code == HTTPStatus.UNAUTHORIZED
    assert there.ask().status_code == HTTPStatus.OK
    [event] = people.events(APPLICATION_SIGNED_OUT)
    assert (event.actor_id, event.details["key"]) == (owner.id, TAB)
    assert _sessions(_page(here.portal)).count("<strong>Wiki</strong>") == 1
    assert here.portal.post(END, {"application": str(mine.id)})["Location"] == "/security/"
    assert len(people.events(APPLICATION_SIGNED_OUT)) == 1
