"""Every type of event is told in a sentence, and pages of history neither skip nor repeat."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext

from doorward.accounts.events import DETAILS_CHANGED, FIRST_LINK_MADE, TWO_FACTOR_REQUIRED
from doorward.audit.actor import Actor, ClientInfo, Who
from doorward.audit.events import Group, Outcome
from doorward.audit.models import Event
from doorward.audit.newest import Newest
from doorward.audit.record import history_of_customer, record
from doorward.credentials.events import FACTOR_ADDED, TWO_FACTOR_DISABLE_REFUSED
from doorward.kernel.errors import all_refusals
from doorward.notifications.events import ALL
from doorward.notifications.history_details import details_of
from doorward.notifications.history_words import GROUP_TITLES, tell, types_of
from doorward.policy.events import MINIMUM_BEGAN, MINIMUM_WAVE_PAUSED, POLICY_BEGAN, WAVE_PAUSED
from doorward.sessions.events import SIGNED_IN
from doorward.web.kit.history import HistoryPage, history_page, line_of
from doorward.web.kit.icons import icon
from tests.kit.people import CHROME

# Their time came; who planned them is told by the event of the plan.
BY_THEMSELVES = (FIRST_LINK_MADE, POLICY_BEGAN, MINIMUM_BEGAN, WAVE_PAUSED, MINIMUM_WAVE_PAUSED)


def event(event_type: Any, **fields: Any) -> Event:
    given: dict[str, Any] = {
        "type": str(event_type),
        "outcome": "ok",
        "actor_id": 1,
        "actor_type": "person",
        "actor_name": "Ines Moreau",
        "subject_id": 2,
        "subject_name": "Samuel Osei",
        "address": "203.0.113.24",
        "browser": CHROME,
        "details": {},
    }
    return Event(**given | fields)


@pytest.mark.parametrize("event_type", ALL.values())
def test_every_type_is_told(event_type):
    for fields in ({}, {"subject_id": 1, "subject_name": "Ines Moreau"}):
        said = tell(event(event_type, **fields))
        assert "%(" not in said
        assert said.endswith(".")
        assert said != event_type
    assert icon(event_type.icon)


@pytest.mark.parametrize("event_type", ALL.values())
def test_every_type_names_somebody_unless_it_comes_by_itself(event_type):
    named = {"Ines", "Samuel"} & set(tell(event(event_type)).split())
    assert bool(named) is (event_type not in BY_THEMSELVES)


def test_every_type_is_in_a_group():
    gathered = [one for group in Group for one in types_of(group)]
    assert sorted(gathered) == sorted(ALL)
    assert set(GROUP_TITLES) == set(Group)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Ines Moreau required two-factor sign-in of Samuel Osei."),
        (
            {"actor_email": "ines@example.com", "subject_email": "sam@example.com"},
            "Ines Moreau (ines@example.com) required two-factor sign-in of Samuel Osei (sam@example.com).",
        ),
        # Whose name is their e-mail, as it is where they have none.
        (
            {"actor_name": "ines@example.com", "actor_email": "ines@example.com"},
            "ines@example.com required two-factor sign-in of Samuel Osei.",
        ),
        (
            {"actor_id": None, "actor_name": "", "actor_type": "stranger", "browser": "console"},
            "Somebody required two-factor sign-in of Samuel Osei.",
        ),
        (
            {"actor_id": None, "actor_name": "", "actor_type": "operator"},
            "The operator required two-factor sign-in of Samuel Osei.",
        ),
        (
            {"actor_id": None, "actor_name": "", "actor_type": "portal"},
            "The portal required two-factor sign-in of Samuel Osei.",
        ),
        (
            {"actor_id": 2, "actor_name": "Samuel Osei"},
            "Samuel Osei required two-factor sign-in of themselves.",
        ),
    ],
)
def test_who_did_it_to_whom(fields, said):
    assert tell(event(TWO_FACTOR_REQUIRED, **fields)) == said


def test_a_type_of_a_later_version_is_shown_by_its_name():
    unknown = event("from_the_future")
    assert line_of(unknown).text == "from_the_future"


@pytest.mark.parametrize(
    ("details", "said"),
    [
        (
            {"with": "app", "new_browser": True},
            "with a code of the authenticator app · from a new browser",
        ),
        ({"with": "password", "new_browser": False}, "with the password alone"),
        ({"reason": "wrong_code", "recovery": False}, "wrong code"),
        (
            {"reason": "link_expired"},
            "This link is too old. Ask for a new one.",
        ),
        ({"reason": "from_the_future"}, "from_the_future"),
        ({"changed": ["first_name", "phone"]}, "changed: first name, phone"),
        ({"added": ["activity"], "taken": []}, "given: Activity"),
        ({"added": [], "taken": ["home", "gone"]}, "taken: Home, gone"),
        ({"tab": "administrators"}, "tab: Administrators"),
        ({"left": 1}, "1 code is left"),
        ({"left": 0}, "0 codes are left"),
        ({"ended": 3}, "3 sessions were ended"),
        ({"link": "0f0e", "change": "0a0b"}, ""),
        ({"left": "many", "changed": "all", "with": 7}, ""),
        ([], ""),
    ],
)
def test_details_are_words(db, details, said):
    assert " · ".join(details_of(event(SIGNED_IN, details=details))) == said


def test_what_was_typed_is_said_as_it_was_and_is():
    typed = {
        "before": {"first_name": "Ines", "phone": ""},
        "after": {"first_name": "Samuel", "phone": "+4930901820"},
    }
    changed = event(DETAILS_CHANGED, details={"changed": ["first_name", "phone"]}, typed=typed)
    assert details_of(changed) == [
        "first name: “Ines” → “Samuel”",
        "phone: (none) → “+4930901820”",
    ]
    assert details_of(event(FACTOR_ADDED, typed={"factor": "Pixel 9"})) == ["Pixel 9"]
    unlike: tuple[Any, ...] = ([], {"before": 1, "after": {}}, {"factor": 7}, "x")
    for broken in unlike:
        assert details_of(event(FACTOR_ADDED, typed=broken)) == []


def test_where_from_is_said_in_words():
    assert line_of(event(SIGNED_IN)).origin == "Chrome on Linux · 203.0.113.24"
    assert (
        line_of(event(SIGNED_IN, actor_type="operator", browser="", address="")).origin
        == "the command line"
    )
    assert line_of(event(SIGNED_IN, browser="", address="")).origin == ""


def test_how_it_ended_is_said_in_words():
    assert line_of(event(SIGNED_IN)).outcome == ""
    refused = line_of(event(TWO_FACTOR_DISABLE_REFUSED, outcome=Outcome.REFUSED.value))
    assert (refused.outcome, refused.tone) == ("refused", "warn")


def test_reasons_fit_into_a_line():
    with translation.override("en"):
        assert all(
            len(gettext(refusal.reason)) < 60 for refusal in all_refusals() if refusal.reason
        )


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def who(customer) -> Who:
    return Who(
        id=customer.id,
        name="Ines Moreau",
        email="ines@example.com",
        customer_id=customer.id,
        customer_name="x",
    )


def write(who: Who, number: int) -> None:
    origin = ClientInfo(address="192.0.2.1", browser=CHROME)
    with transaction.atomic():
        for _ in range(number):
            record(SIGNED_IN, actor=Actor(person=who, client=origin))


def page(who: Who, address: str = "/activity/") -> HistoryPage:
    request: Any = RequestFactory().get(address)
    return history_page(Newest(history_of_customer(who.customer_id)), request=request, page_size=10)


def test_pages_lead_on_and_back_without_a_gap(who):
    Event.rewritable.all().delete()
    write(who, 25)
    first = page(who)
    assert first.newer is None
    second = page(who, first.older or "")
    third = page(who, second.older or "")
    assert [len(one.lines) for one in (first, second, third)] == [10, 10, 5]
    assert third.older is None
    seen = [line.id for one in (first, second, third) for line in one.lines]
    every = Event.objects.order_by("-id").values_list("public_id", flat=True)
    assert seen == list(every)
    assert page(who, third.newer or "").lines == second.lines
    back = page(who, page(who, third.newer or "").newer or "")
    assert back.lines == first.lines
    assert back.newer is None


def test_what_comes_in_meanwhile_moves_nothing(who):
    Event.rewritable.all().delete()
    write(who, 15)
    first = page(who)
    expected = page(who, first.older or "").lines
    write(who, 3)
    assert page(who, first.older or "").lines == expected


def test_filters_stay_in_the_addresses(who):
    write(who, 25)
    older = page(who, "/activity/?group=people&q=%C3%A9").older or ""
    assert "group=people" in older
    assert "q=%C3%A9" in older


@pytest.mark.parametrize("cursor", ["", "x", "00000000-0000-4000-8000-000000000000", "%00"])
def test_a_cursor_that_leads_nowhere_gives_the_first_page(who, cursor):
    write(who, 3)
    assert page(who, f"/activity/?before={cursor}").first


def test_a_cursor_of_another_customer_leads_nowhere(who, outsider):
    write(who, 3)
    theirs = Event.objects.filter(customer_id=outsider.customer_id)[0].public_id
    assert page(who, f"/activity/?before={theirs}").first


@pytest.mark.parametrize("number", [3, 60])
def test_a_page_costs_the_same_however_long_history_is(who, number, django_assert_num_queries):
    write(who, number)
    newest = Event.objects.order_by("-id")[0].public_id
    with django_assert_num_queries(2):
        page(who, f"/activity/?before={newest}")
