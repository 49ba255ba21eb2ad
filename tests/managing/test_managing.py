"""Staff sees a customer's portal as one of its people does: asked for, agreed to, watched, ended, told."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.events import DETAILS_CHANGED
from doorward.managing.events import (
    MANAGING_AGREED,
    MANAGING_ASKED,
    MANAGING_BEGUN,
    MANAGING_ENDED,
    MANAGING_LOOKED,
)
from doorward.managing.models import Managing, State
from doorward.notifications.letter import write
from doorward.notifications.messages import Message
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from doorward.policy.fields import SupportAccess
from tests.kit import browsers, managing, pages, people, policies

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(owner: Administrator) -> Administrator:
    return managing.old_owner(owner)


@pytest.fixture
def staff(owner: Administrator) -> Administrator:
    return managing.make_manager()


def test_where_nobody_has_to_agree_the_page_does_not_say_so(owner, staff):
    client, address = (
        browsers.browser_of_with_factor(staff),
        f"/customers/{owner.customer_id}/manage/",
    )
    assert "They read it before they agree" in client.get(address).content.decode()
    since = timezone.now() - timedelta(days=30)
    policies.ask(owner.customer_id, since=since, support_access=SupportAccess.ALWAYS)
    page = client.get(address).content.decode()
    assert "always allows it" in page
    assert "They read it, and it stands" in page
    assert "agree" not in page.partition("<main")[2]


def test_the_whole_of_it(owner, colleague, staff):
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    asked = managing.ask(client, owner)
    assert b"Waiting for approval" in client.get(f"/customers/{owner.customer_id}/manage/").content
    assert managing.REASON in theirs.get(f"/managing/{asked.id}/").content.decode()
    assert client.post(f"/customers/{owner.customer_id}/manage/begin/").status_code == 303
    assert Managing.objects.get().state == State.ASKED, "nobody has agreed"

    managing.agree(theirs, asked)
    managing.begin(client, owner)
    home = client.get("/").content.decode()
    assert "You are managing the portal of Harbour Bakery" in home
    people_page = client.get("/administrators/").content.decode()
    assert colleague.email in people_page
    assert "(you)" in theirs.get("/administrators/").content.decode()
    assert "(you)" not in people_page, "whoever manages is none of them"
    assert f"/administrators/{staff.id}/" not in people_page
    assert client.get(f"/administrators/{colleague.id}/").status_code == 200

    live = theirs.get(f"/managing/{asked.id}/").content.decode()
    assert "A person" in live
    assert colleague.full_name in live
    assert "data-runs" in live
    assert theirs.post(f"/managing/{asked.id}/end/").status_code == 303
    assert client.get("/administrators/")["Location"] == "/managing/over/"
    assert b"Managing is over" in client.get("/managing/over/").content
    assert client.post("/managing/leave/").status_code == 303
    own = client.get("/administrators/").content.decode()
    assert f"/administrators/{staff.id}/" in own
    assert "You are managing" not in own


def test_every_event_carries_both_people_in_both_histories(owner, colleague, staff):
    client = managing.let_in(staff, owner, changes=True)
    client.get("/administrators/")
    answer = client.post(pages.page(colleague), pages.form(colleague, first_name="Tomke"))
    assert answer.status_code == 303, answer.content.decode()
    client.post("/managing/leave/")
    for kind in (MANAGING_ASKED, MANAGING_AGREED, MANAGING_BEGUN, MANAGING_ENDED):
        events = people.events(kind, subject_id=staff.id)
        assert {one.customer_id for one in events} == {owner.customer_id, staff.customer_id}, kind
    for kind in (DETAILS_CHANGED, MANAGING_LOOKED):
        events = people.events(kind, actor_id=staff.id)
        assert {one.customer_id for one in events} == {owner.customer_id, staff.customer_id}, kind
        assert {one.on_behalf_of_id for one in events} == {owner.id}


def test_afterwards_all_of_it_is_mailed(owner, colleague, staff):
    client = managing.let_in(staff, owner, changes=True)
    client.get(f"/administrators/{colleague.id}/")
    client.post(pages.page(colleague), pages.form(colleague, first_name="Tomke"))
    client.post("/managing/leave/")
    run_once(timezone.now())
    delivery = Delivery.objects.get(template=Message.MANAGING_ENDED)
    told = str(write(delivery, now=timezone.now()).body)
    assert delivery.administrator_id == owner.id
    assert managing.REASON in told
    assert "A person: Tomke Osei" in told
    assert "changed the details" in told


def test_who_is_asked_and_who_is_visited_finds_it(owner, colleague, staff):
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    # What waits for a yes, Home tells in numbers.
    places = ("/", "/requests/")
    assert all("Nora Whitfield from" not in theirs.get(path).content.decode() for path in places)
    asked = managing.ask(client, owner)
    for words in ("asks to see your portal", "may see your portal", "is in your portal now"):
        for path in places[asked.state == State.ASKED :]:
            page = theirs.get(path).content.decode()
            assert f"Nora Whitfield from {owner.customer.brand.name} support {words}" in page
            assert f'href="/managing/{asked.id}/"' in page
        if asked.state == State.ASKED:
            managing.agree(theirs, asked)
        elif asked.state == State.AGREED:
            managing.begin(client, owner)
        asked.refresh_from_db()
    client.post("/managing/changes/")
    assert "asks to change something" in theirs.get("/").content.decode()
    for path in ("/account/", "/requests/"):
        assert 'href="/managing/"' in theirs.get(path).content.decode()
    # Of who has no such tab it is none of their business, and who is in there is not told of themselves.
    for other in (browsers.browser_of(colleague), client):
        assert "Nora Whitfield from" not in other.get("/").content.decode()
    assert 'href="/managing/"' not in client.get("/account/").content.decode()
    theirs.post(f"/managing/{asked.id}/end/")
    assert all("Nora Whitfield from" not in theirs.get(path).content.decode() for path in places)


def sees(staff: Administrator, customers: str) -> None:
    found = people.again(staff)
    found.scope, found.scope_ids = "customers", customers
    found.save(update_fields=["scope", "scope_ids"])


def test_staff_who_see_some_customers_go_in_there_as_well(owner, staff):
    sees(staff, str(owner.customer_id))
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    asked = managing.ask(client, owner)
    take_back = f"/customers/{owner.customer_id}/manage/take-back/"
    assert client.post(take_back).status_code == 303
    assert Managing.objects.get(id=asked.id).state == State.REFUSED
    managing.agree(theirs, managing.ask(client, owner))
    assert managing.begin(client, owner).state == State.RUNNING
    assert client.post("/managing/changes/").status_code == 303


def test_what_was_asked_in_another_session_can_be_taken_back_and_asked_again(owner, staff):
    first, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    path = f"/customers/{owner.customer_id}/manage/"
    managing.agree(theirs, managing.ask(first, owner))
    second = browsers.browser_of_with_factor(staff)
    page = second.get(path).content.decode()
    assert "take the request back first" in page
    assert f"{path}begin/" not in page
    assert second.post(f"{path}begin/").status_code == 404
    assert not Managing.objects.filter(state=State.RUNNING).exists()
    assert second.post(f"{path}take-back/").status_code == 303
    managing.agree(theirs, managing.ask(second, owner))
    assert managing.begin(second, owner).state == State.RUNNING
    # What runs is ended where it runs.
    first.post(f"{path}take-back/")
    assert Managing.objects.filter(state=State.RUNNING).exists()


def test_asking_again_is_refused_in_words(owner, staff):
    client, path = browsers.browser_of_with_factor(staff), f"/customers/{owner.customer_id}/manage/"
    managing.ask(client, owner)
    again = client.post(path, {"reason": "Another one"})
    assert again.status_code == 422
    assert "You have already asked for this" in again.content.decode()


def test_a_scope_that_is_lost_ends_it(owner, staff):
    client = managing.let_in(staff, owner)
    sees(staff, "")
    assert client.get("/administrators/").status_code == 303
    assert client.get("/managing/over/").status_code == 200


def test_a_colleague_who_does_not_see_the_customer_reads_nothing_of_it(owner, staff):
    elsewhere = people.make_customer("Elm Clinic")
    narrow = managing.make_manager("narrow@provider.example")
    narrow = people.again(narrow)
    narrow.tabs = f"{narrow.tabs} activity"
    narrow.save(update_fields=["tabs"])
    sees(narrow, str(elsewhere.id))
    client = managing.let_in(staff, owner)
    client.get("/administrators/")
    reader = browsers.browser_of_with_factor(narrow)
    for path in ("/activity/", "/activity/export.csv", f"/administrators/{staff.id}/history/"):
        answer = reader.get(path)
        read = b"".join(answer) if answer.streaming else answer.content
        for word in (managing.REASON, owner.email, owner.full_name, "Harbour Bakery"):
            assert word not in read.decode(), (path, word)


def test_home_and_activity_name_whose_portal_it_is_and_greet_who_looks(owner, staff):
    client = managing.let_in(staff, owner)
    home = client.get("/").content.decode()
    heading = home[home.index('<main class="main') : home.index("</h1>") + 200]
    assert ", Nora</h1>" in heading
    assert "Harbour Bakery" in heading
    assert staff.customer.name not in heading
    assert "first sign-in" not in home
    assert "The company's details" in html.unescape(home)
    assert "Your company" not in home
    own = browsers.browser_of_with_factor(owner).get("/").content.decode()
    assert "Your company's details" in html.unescape(own)
    activity = client.get("/activity/").content.decode()
    assert "What happened at Harbour Bakery:" in activity
    client.post("/managing/leave/")
    assert f"<p>{staff.customer.name} · " in client.get("/").content.decode()


def acts(client, asked):
    """Return the buttons of the live page, which runs.js puts in the place of those that are there."""
    page = client.get(f"/managing/{asked.id}/").content.decode()
    part = page[page.index('id="acts"') : page.index('id="live"')]
    word = part.split('data-follows="')[1].split('"')[0]
    verbs = ("Let them in", "Allow changes", "No changes", "End now", "Refuse")
    return word, [verb for verb in verbs if verb in part]


def test_what_letting_in_means_stands_before_the_button(owner, staff):
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    asked = managing.ask(client, owner)
    page = theirs.get(f"/managing/{asked.id}/").content.decode()
    assert page.index("for 30 minutes") < page.index("Let them in")
    managing.agree(theirs, asked)
    managing.begin(client, owner)
    client.post("/managing/changes/")
    page = theirs.get(f"/managing/{asked.id}/").content.decode()
    assert page.index("want to change something") < page.index("Allow changes")


def test_the_buttons_of_the_live_page_follow_what_happens(owner, staff):
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    asked = managing.ask(client, owner)
    assert acts(theirs, asked) == ("asks", ["Let them in", "Refuse"])
    managing.agree(theirs, asked)
    assert acts(theirs, asked) == ("open", ["Refuse"])
    managing.begin(client, owner)
    assert acts(theirs, asked) == ("running", ["End now"])
    client.post("/managing/changes/")
    assert acts(theirs, asked) == ("asks-changes", ["Allow changes", "No changes", "End now"])
    theirs.post(f"/managing/{asked.id}/end/")
    assert acts(theirs, asked) == ("over", [])
    over = client.get("/managing/over/").content.decode()
    assert "Managing is over" in over
    assert "You are managing" not in over
    assert "End managing" not in over


def test_the_pages_stand_under_account_for_whoever_has_it(owner, staff):
    client, theirs = map(browsers.browser_of_with_factor, (staff, owner))
    asked = managing.ask(client, owner)
    for path in ("/managing/", f"/managing/{asked.id}/"):
        crumbs = theirs.get(path).content.decode().split("<h1", 1)[0].rsplit("<nav", 1)[1]
        assert 'href="/account/"' in crumbs
        assert 'href="/administrators/"' not in crumbs
