"""A tab that is for some customers is nobody else's: no right to it shows it, gives it, or names it."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.accounts.tab_rights import remove_tab
from doorward.applications import clients
from doorward.applications.clients import ApplicationDetails
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.customers import cached, own_tabs, tab_order
from doorward.customers.models import Tab
from doorward.customers.own_tabs import TabDetails
from doorward.kernel.errors import FieldsRefused
from doorward.notifications.history_details import details_of
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.staff_scope import Reach
from doorward.policy import versions
from doorward.policy.fields import RequiredOf, Values
from doorward.policy.versions import Wanted
from tests.kit import browsers, people, staff
from tests.kit.applications import AFTER, CALLBACK, Relying

pytestmark = pytest.mark.django_db

TITLE = "Secret project"
TAB = TabDetails(title=TITLE, url="https://project.example/", audience="customers")


@pytest.fixture
def tab(owner, outsider):
    """Be a tab of the outsider's company, that the owner has a right to as well, left from earlier."""
    made = own_tabs.add("project", replace(TAB, customers=outsider.customer.name), actor=CONSOLE)
    for person in (owner, outsider):
        type(person).objects.everywhere().filter(id=person.id).update(
            tabs=f" {' '.join(sorted(person.tab_keys | {'project'}))} "
        )
    cached.forget()
    return made


def page(person, path="/"):
    return browsers.browser_of(person).get(path).content.decode()


def test_a_right_to_it_gives_nothing_elsewhere(tab, owner, outsider):
    assert TITLE in page(outsider)
    for path in ("/", f"/administrators/{owner.id}/", "/administrators/add/", "/account/"):
        assert TITLE not in page(owner, path), path


def test_by_brand_alike(tab, owner, outsider):
    brand = str(owner.customer.brand_id)
    own_tabs.change(
        tab.id, replace(TAB, audience="brands", brands=frozenset({brand})), actor=CONSOLE
    )
    assert TITLE in page(owner)
    assert cached.not_for(tab.id, owner.customer_id) == {"project"}


def test_nobody_and_nonsense_are_refused():
    each: tuple[dict[str, Any], ...] = (
        {},
        {"customers": "Nobody Ltd"},
        {"audience": "all"},
        {"audience": "brands"},
    )
    for wrong in each:
        with pytest.raises(FieldsRefused):
            own_tabs.add("x", replace(TAB, **wrong), actor=CONSOLE)


def test_what_a_minimum_asks_names_no_tab_of_others(tab, owner):
    """Neither to a customer that is not to know of it, nor to who is there for another brand."""
    Administrator.objects.everywhere().filter(id=owner.id).update(
        tabs=" account administrators home "
    )
    least = versions.minimum_of_brand(owner.customer.brand_id)
    for named in ({"project", "customers"}, {"project"}):
        values = Values(required_of=RequiredOf.TABS, tabs=frozenset(named))
        versions.save(least, Wanted(values=values), actor=CONSOLE, now=timezone.now())
        cached.forget()
        account = unescape(page(owner, "/account/"))
        assert TITLE not in account + page(owner, "/account/policy/")
        assert ("everybody here who may use Customers" in account) is ("customers" in named)
        assert ("everybody here who may use" in account) is ("customers" in named)


@pytest.mark.parametrize("reach", [Reach.BRANDS, Reach.CUSTOMERS])
def test_who_sees_a_part_of_the_customers_has_no_word_in_it(reach):
    """What a tab is for names brands and customers, and it is everybody's: neither page, form, history nor choice."""
    two = staff.two()
    boss, narrow = staff.member("boss@provider.example"), staff.member("n@provider.example")
    far = replace(TAB, audience="brands", brands=frozenset({str(two.far_brand.id)}))
    made = own_tabs.add("project", far, actor=people.actor(boss))
    named = replace(far, audience="customers", customers=two.far.name)
    own_tabs.change(made.id, named, actor=people.actor(boss))
    theirs = Event.objects.filter(type__in=("tab_added", "tab_changed"))
    assert two.far_brand.name in str(theirs[0].details) + str(theirs[1].details)
    narrow = staff.narrowed(narrow, two.scope(reach))
    browser = browsers.browser_of(narrow)
    for path in ("", "add/", "icons/", f"{made.id}/", f"{made.id}/words/de/"):
        assert browser.get(f"/tabs/{path}").status_code == 403
    form = people.TAB_REST | {"title": "Mine", "url": "/help/", "description": "", "key": "mine"}
    for path in ("add/", f"{made.id}/", f"{made.id}/move/", f"{made.id}/remove/"):
        assert browser.post(f"/tabs/{path}", form | {"before": ""}).status_code == 403
    with pytest.raises(NotAuthorised):
        own_tabs.change(made.id, far, actor=people.actor(narrow))
    with pytest.raises(NotAuthorised):
        tab_order.move(made.id, "", actor=people.actor(narrow))
    assert Tab.objects.get().audience == "customers"
    seen = [page(narrow, f"/customers/{two.near.id}/minimum/"), page(narrow, "/activity/")]
    if reach is Reach.BRANDS:
        seen.append(page(narrow, f"/brands/{two.near_brand.id}/minimum/"))
    for one in seen:
        assert TITLE not in one
        assert two.far_brand.name not in one


def test_history_tells_for_whom_it_is_by_name_and_that_it_was_removed(tab, outsider):
    people.provider()
    words = [
        phrase for event in Event.objects.filter(type="tab_added") for phrase in details_of(event)
    ]
    assert f"for which: (none) → “{outsider.customer.name}”" in words
    assert "for whom: (none) → “Some customers”" in words
    remove_tab(tab.id, actor=CONSOLE)
    assert not type(outsider).objects.everywhere().filter(tabs__contains=" project ").exists()
    assert "tab: Secret project" in details_of(Event.objects.get(type="tab_removed"))


@pytest.mark.parametrize(
    "url",
    [
        "http://project.example/",
        "HTTP://project.example/",
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "ftp://project.example/",
        "javascript:alert(1)",
        "//project.example/",
        "https:project.example",
    ],
)
def test_a_tab_leads_nowhere_in_the_clear(url):
    with pytest.raises(FieldsRefused) as refused:
        own_tabs.add("clear", replace(TAB, audience="everyone", url=url), actor=CONSOLE)
    assert set(refused.value.fields) == {"url"}


@pytest.mark.parametrize("url", ["http://localhost:8080/", "http://127.0.0.1:1/", "http://[::1]/"])
def test_on_one_machine_alone_it_may(url, settings):
    details = replace(TAB, audience="everyone", url=url)
    here, there = "http://localhost:8000", "https://portal.example"
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"public_url": here})
    own_tabs.add("here", details, actor=CONSOLE)
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"public_url": there})
    with pytest.raises(FieldsRefused):
        own_tabs.add("there", details, actor=CONSOLE)


def test_a_new_window_knows_nothing_of_the_portal(owner):
    own_tabs.add("project", replace(TAB, audience="everyone", new_window=True), actor=CONSOLE)
    type(owner).objects.everywhere().filter(id=owner.id).update(tabs=" home project ")
    for path in ("/", "/jump/"):
        links = re.findall(r'<a[^>]*target="_blank"[^>]*>', page(owner, path))
        assert links
        assert all('rel="noopener"' in link for link in links)


def test_what_is_only_shown_is_not_saved_and_written_as_text(owner):
    people.provider()
    browser = browsers.browser_of(staff.member("boss@provider.example"))
    form = people.TAB_REST | {"title": "<b>PBX", "url": "/help/", "description": "", "key": "pbx"}
    for more in ({"icon": "receipt"}, {"icon": "no-such-icon"}, {"icon": "../x", "find": "<i>"}):
        answer = browser.post("/tabs/add/", form | {"show": "on"} | more)
        assert answer.status_code == 200
        assert b"&lt;b&gt;PBX" in answer.content
        assert b"<b>PBX" not in answer.content
    assert not Tab.objects.exists()
    assert browser.post("/tabs/add/", form | {"icon": "no-such-icon"}).status_code == 422
    assert b'value="receipt"' in browser.get("/tabs/icons/?find=receipt").content
    assert b'value="phone-call"' in browser.get("/tabs/icons/?find=Call+PHONE").content
    assert browser.get("/tabs/icons/?find=%00%3Cscript&icon=%22").status_code == 200


def test_its_application_names_it_to_nobody_else(tab, owner, outsider):
    details = ApplicationDetails(redirect_uris=CALLBACK, logout_uris=AFTER)
    made = clients.add(tab.id, details, actor=CONSOLE, now=timezone.now())
    relying = Relying(made)
    asked = {"client_id": made.client_id, "post_logout_redirect_uri": AFTER}
    theirs, ours = browsers.browser_of(outsider), browsers.browser_of(owner)
    assert TITLE in theirs.get("/oidc/logout/", asked).content.decode()
    for answer in (relying.ask(ours), ours.get("/oidc/logout/", asked), ours.get("/activity/")):
        assert TITLE not in answer.content.decode()
    assert relying.ask(ours).status_code == 403
