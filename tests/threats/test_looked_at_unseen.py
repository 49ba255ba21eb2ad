"""Staff in a customer's portal sees nothing that the customer is not shown: by no method, and however much it is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.managing import watching
from doorward.managing.events import MANAGING_ENDED, MANAGING_LOOKED
from doorward.managing.models import Look, Managing, State, Why
from tests.kit import browsers, managing, pages, people

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(owner: Administrator) -> Administrator:
    return managing.old_owner(owner)


@pytest.fixture
def staff(owner: Administrator) -> Administrator:
    return managing.make_manager()


def seen() -> list[tuple[str, str, int]]:
    """Return what the customer's live view lists: the page, whom it shows, and how often."""
    return [(one.page, one.person, one.times) for one in watching.seen(Managing.objects.get())]


@pytest.mark.parametrize("how", ["names", "email", "invitation"])
def test_a_page_that_a_refused_form_answers_with_is_listed(owner, colleague, staff, how):
    client = managing.let_in(staff, owner, changes=True)
    Look.objects.all().delete()
    if how == "invitation":
        answer = client.post(f"{pages.page(colleague)}resend-invitation/")
    else:
        empty = {"first_name": "", "last_name": ""} if how == "names" else {"email": "no address"}
        answer = client.post(pages.page(colleague), pages.form(colleague, **empty))
    assert answer.status_code == 422
    assert colleague.email in answer.content.decode()
    assert [(person, times) for _page, person, times in seen()] == [(colleague.full_name, 1)]
    subjects = {one.subject_id for one in people.events(MANAGING_LOOKED, actor_id=staff.id)}
    assert colleague.id in subjects
    live = browsers.browser_of_with_factor(owner).get(f"/managing/{Managing.objects.get().id}/")
    assert colleague.full_name in live.content.decode().partition('id="seen"')[2]


def test_a_form_of_somebody_new_that_is_refused_is_listed(owner, staff):
    client = managing.let_in(staff, owner, changes=True)
    Look.objects.all().delete()
    form = {"email": owner.email, "first_name": "X", "last_name": "Y", "phone": ""}
    assert client.post("/administrators/add/", form).status_code == 422
    assert seen() == [("administrators_add", "", 1)]


def test_what_is_done_and_leads_on_counts_once(owner, colleague, staff):
    client = managing.let_in(staff, owner, changes=True)
    Look.objects.all().delete()
    form = pages.form(colleague, first_name="Else")
    assert client.post(pages.page(colleague), form, follow=True).status_code == 200
    assert [times for _page, _person, times in seen()] == [1]


def test_what_shows_nothing_is_not_listed(owner, outsider, staff):
    client = managing.let_in(staff, owner, changes=True)
    Look.objects.all().delete()
    nobodys = [f"/administrators/{one}/" for one in (uuid4(), outsider.id)]
    nobodys += [f"{one}history/" for one in nobodys]
    assert [client.get(one).status_code for one in nobodys] == [404] * 4
    assert client.post(f"{nobodys[0]}resend-invitation/").status_code == 404
    assert client.post(nobodys[0], pages.form(outsider)).status_code == 404
    assert client.get("/account/policy/").status_code in {403, 404}
    assert client.put("/administrators/").status_code == 403
    assert seen() == []
    assert not Look.objects.exists()


def test_who_looks_at_too_much_is_out_before_the_next_page(owner, colleague, staff, monkeypatch):
    client = managing.let_in(staff, owner)
    monkeypatch.setattr(watching, "MOST_PAGES", Look.objects.count() + 2)
    client.get("/administrators/")
    client.get(pages.page(owner))
    assert client.get("/administrators/").status_code == 200, "what is listed is no more of it"
    answer = client.get(pages.page(colleague))
    assert (answer.status_code, answer["Location"]) == (303, "/managing/over/")
    assert colleague.email not in answer.content.decode()
    assert client.get("/administrators/").status_code == 303
    assert Look.objects.count() == watching.MOST_PAGES
    found = Managing.objects.get()
    assert (found.state, found.why) == (State.ENDED, Why.TOO_MUCH)
    events = people.events(MANAGING_ENDED, customer_id=owner.customer_id)
    assert len(events) == 1
    assert "too many pages" in client.get("/managing/over/").content.decode()
    theirs = browsers.browser_of_with_factor(owner).get(f"/managing/{found.id}/")
    assert "too many pages" in theirs.content.decode()


def test_a_page_that_was_made_while_it_ended_is_not_shown(owner, staff):
    client = managing.let_in(staff, owner)
    found = Managing.objects.get()
    Managing.objects.update(state=State.ENDED)
    actor = people.actor(staff)
    now = timezone.now()
    assert not watching.looked(found.id, page="account", person_id=None, actor=actor, now=now)
    assert not Look.objects.filter(key="account").exists()
    assert client.get("/account/")["Location"] == "/managing/over/"
