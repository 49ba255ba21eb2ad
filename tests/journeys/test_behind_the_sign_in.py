"""What staff sees of a tab that leads to something behind the sign-in, and how they put it there."""

from __future__ import annotations

import pytest

from doorward.customers.models import Tab
from doorward.customers.tabs import ADMINISTRATORS, TABS
from tests.kit import browsers, people
from tests.kit.applications import make_application, make_tab
from tests.kit.pages import filled
from tests.kit.sites import make_site

pytestmark = pytest.mark.django_db

BEHIND = "Behind the sign-in"


@pytest.fixture
def browser():
    staff = people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        name="Nora Whitfield",
        tabs=("home", TABS, ADMINISTRATORS),
    )
    return browsers.browser_of(staff)


def _shown(browser, page):
    return browser.get(page).content.decode()


def test_the_list_says_which_tabs_are_and_a_tabs_page_by_what(browser):
    plain = make_tab("news")
    assert BEHIND not in _shown(browser, "/tabs/")
    assert "Set up" not in _shown(browser, f"/tabs/{plain.id}/")
    site, application = make_site(), make_application()
    assert _shown(browser, "/tabs/").count(BEHIND) == 2
    for one in (site, application):
        page = _shown(browser, f"/tabs/{one.tab_id}/")
        before, _told, after = page.partition("Set up")
        assert after, page
        assert ("/application/" in before) is (one is site)


@pytest.mark.parametrize(
    ("url", "offered"),
    [
        ("https://wiki.example:8443/start?x=1", "https://wiki.example:8443"),
        ("http://wiki.example/", ""),
        ("/help/", ""),
    ],
)
def test_a_new_site_is_offered_where_the_tab_leads(browser, url, offered):
    tab = make_tab("wiki")
    Tab.objects.filter(id=tab.id).update(url=url)
    page = f"/tabs/{tab.id}/site/"
    assert filled(browser, page)["origin"] == offered


def test_a_tab_with_an_application_leads_there_from_its_site(browser):
    tab_id = make_application().tab_id
    assert f'href="/tabs/{tab_id}/application/"' in _shown(browser, f"/tabs/{tab_id}/site/")
