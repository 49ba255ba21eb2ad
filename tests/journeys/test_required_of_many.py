"""Two factors required of many: from the list to the page that shows how far it is, stopped, gone on with, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.audit.events import PEOPLE_EXPORTED
from doorward.rollout import tick_runs
from doorward.rollout.models import TickRun
from tests.journeys.test_rehearsal import REQUIRE, text
from tests.kit import browsers, codes, people

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(owner: Administrator) -> Client:
    codes.enable_app(owner)
    return browsers.browser_of_with_factor(owner)


@pytest.fixture
def crowd(owner: Administrator, monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    monkeypatch.setattr(tick_runs, "IN_REQUEST", 20)
    monkeypatch.setattr(tick_runs, "PART", 20)
    monkeypatch.setattr(tick_runs, "PARTS_A_ROUND", 1)
    return [
        people.make_administrator(
            owner.customer, email=f"p{n}@harbourbakery.example", name=f"Person {n:02}"
        ).id
        for n in range(30)
    ]


def begun(browser: Client) -> str:
    path = browser.post(f"{REQUIRE}?factor=off", {"all": "on"})["Location"]
    where = browser.post(path)["Location"]
    assert where == f"{REQUIRE}runs/{TickRun.objects.get().id}/"
    assert browser.post(path).status_code == 404
    return str(where)


def test_many_run_on_in_the_background_and_are_stopped_and_gone_on_with(owner, crowd, browser):
    path = begun(browser)
    page = browser.get(path)
    said = text(page)
    assert b'data-page="administrators-run"' in page.content
    assert "0 of 30 people are done" in said
    assert f'data-runs="{path}"' in page.content.decode()
    assert 'name="administrators' not in said
    tick_runs.work_due(now=timezone.now())
    assert "20 of 30 people are done" in text(browser.get(path))
    assert "is being required of many people" in text(browser.get("/administrators/"))
    assert browser.post(f"{path}stop/")["Location"] == path
    tick_runs.work_due(now=timezone.now())
    page = browser.get(path)
    assert "20 of 30 people are done" in text(page)
    assert "It was stopped." in text(page)
    assert b"data-runs" not in page.content
    assert "stopped in the middle" in text(browser.get("/administrators/"))
    # A second click on what is done already says so.
    assert "already been done or stopped" in text(browser.post(f"{path}stop/", follow=True))
    browser.post(f"{path}go-on/")
    rows = Administrator.objects.of(owner.customer_id)
    left = rows.filter(require_2fa=False).exclude(id=owner.id).order_by("id")[0]
    rows.filter(id=left.id).update(status=Status.REMOVED)
    tick_runs.work_due(now=timezone.now())
    said = text(browser.get(path))
    assert "Done, except for 1 person." in said
    said = text(browser.get(f"{path}?outcome=failed"))
    assert f"{left.full_name} {left.email} Not done This person was removed" in said
    assert "1–1 of 1" in said
    assert "26–29 of 29" in text(browser.get(f"{path}?outcome=ticked&page=2"))
    assert text(browser.get(f"{path}?outcome=nonsense&page=x")) == text(browser.get(path))
    assert "could not be required of 1 person" in text(browser.get("/administrators/"))


def test_it_is_taken_along_as_a_table(owner, crowd, browser):
    path = begun(browser)
    tick_runs.work_due(now=timezone.now())
    answer = browser.get(f"{path}export.csv?outcome=waiting")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].endswith("name,email,outcome,what,why")
    assert len(lines) == 11
    assert lines[1].split(",")[2:] == ["waiting", "Still to be done", ""]
    (event,) = people.events(PEOPLE_EXPORTED)
    assert (event.actor_id, event.details["filters"]) == (owner.id, ["waiting"])


def test_a_second_one_meanwhile_is_refused_on_the_page(owner, crowd, browser):
    begun(browser)
    form = {"action": "require_2fa", "selected": [str(one) for one in crowd]}
    answer = browser.post("/administrators/", form)
    assert answer.status_code == 422
    assert "is being required of many people already" in text(answer)
    assert TickRun.objects.count() == 1


def test_marked_in_the_list_the_one_who_is_gone_is_named_and_the_others_are_done(
    owner, colleague, browser
):
    gone = people.make_administrator(
        owner.customer, email="gone@harbourbakery.example", status=Status.REMOVED
    )
    form = {"action": "require_2fa", "selected": [str(colleague.id), str(gone.id)]}
    answer = browser.post("/administrators/", form, follow=True)
    assert "Done, except for 1 person." in text(answer)
    assert gone.email in text(answer)
    assert people.again(colleague).require_2fa


def test_a_colleague_with_the_tab_sees_it_and_nobody_else(
    owner, colleague, outsider, crowd, browser
):
    path = begun(browser)
    boss = people.make_administrator(
        owner.customer, email="boss@harbourbakery.example", tabs={"home", "administrators"}
    )
    theirs = browsers.browser_signed_in_by_service(boss)
    assert "0 of 31 people are done" in text(theirs.get(path))
    other = browsers.browser_signed_in_by_service(colleague)
    stranger = browsers.browser_signed_in_by_service(outsider)
    for address in (path, f"{path}export.csv"):
        assert other.get(address).status_code == 403
        assert stranger.get(address).status_code == 404
        assert Client().get(address)["Location"].startswith("/sign-in/")
    for deed in ("stop/", "go-on/"):
        assert other.post(f"{path}{deed}").status_code == 403
        assert stranger.post(f"{path}{deed}").status_code == 404
        assert theirs.get(f"{path}{deed}").status_code == 405
    assert theirs.post(f"{path}stop/").status_code == 303
    assert TickRun.objects.get().state == "stopped"


def test_stopping_wants_to_know_who_it_is(owner, crowd, browser):
    path = begun(browser)
    browsers.age_proofs(owner)
    assert browser.post(f"{path}stop/")["Location"].startswith("/prove/")
    assert TickRun.objects.get().state == "running"


def test_who_signs_out_ends_it_and_the_page_says_why(owner, crowd, browser):
    path = begun(browser)
    browser.post("/sign-out/")
    tick_runs.work_due(now=timezone.now())
    again = browsers.browser_of_with_factor(people.again(owner))
    assert "The person who began it has signed out" in text(again.get(path))
