"""A policy is rehearsed on a page, looked at person by person, and then saved as it was rehearsed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator, MailProblem, Status
from doorward.audit.events import PEOPLE_EXPORTED
from doorward.policy.fields import RequiredOf
from doorward.policy.models import PolicyVersion
from doorward.rollout import kept_rehearsals
from doorward.rollout.models import KeptRehearsal
from tests.kit import browsers, codes, pages, people, policies

pytestmark = pytest.mark.django_db

BEGIN = "/account/policy/rehearsal/"


def fields(**changes: str) -> dict[str, str]:
    return {
        "seen": "0",
        "required_of": "everyone",
        "from": "",
        "newcomer_days": "0",
        "kinds": "any",
        "trust_days": "0",
        "session_hours": "12",
        "idle_minutes": "30",
        "recovery_by": "colleague",
        "recovery_wait_hours": "0",
        "support_access": "ask",
        "starts": "",
        "reason": "An audit",
    } | changes


def text(answer: Any) -> str:
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


@pytest.fixture
def browser(owner: Administrator) -> Client:
    codes.enable_app(owner)
    return browsers.browser_of_with_factor(owner)


def rehearsed(browser: Client, **changes: str) -> str:
    answer = browser.post(BEGIN, fields(**changes))
    assert answer.status_code == 303, text(answer)
    return str(answer["Location"])


def test_from_the_form_to_the_policy(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    assert f'action="{BEGIN}"' in browser.get("/account/").content.decode()
    path = rehearsed(browser)
    assert not PolicyVersion.objects.exists()
    page = browser.get(path)
    said = text(page)
    assert b'data-page="rehearsal"' in page.content
    assert "Sets up a device at the next sign-in 1" in said
    assert "Ready 1" in said
    assert "Two-factor sign-in required of:" in said
    assert "Of 1 person with the Administrators tab, 1 would get in without doing anything." in said
    assert "Require 2FA of 2 people" in said
    answer = browser.post(path)
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert policies.of(owner.customer_id).required_of is RequiredOf.EVERYONE
    assert browser.get(path).status_code == 404
    assert browser.post(path).status_code == 404
    assert colleague.id != owner.id


def test_what_has_changed_is_shown_and_asked_again(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    path = rehearsed(browser)
    codes.enable_app(colleague)
    answer = browser.post(path)
    assert answer.status_code == 422
    said = text(answer)
    assert "People have changed since this was rehearsed." in said
    assert f"{colleague.full_name} Sets up a device at the next sign-in Ready" in said
    assert not PolicyVersion.objects.exists()
    found = re.search(rf'action="({BEGIN}[0-9a-f-]+/)"', answer.content.decode())
    assert found is not None
    assert found[1] != path
    assert browser.post(found[1]).status_code == 303
    assert policies.of(owner.customer_id).required_of is RequiredOf.EVERYONE


def test_the_table_is_narrowed_by_its_address(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    for number in range(30):
        people.make_administrator(
            owner.customer,
            email=f"p{number}@harbourbakery.example",
            name=f"Person {number:02}",
            mail_problem=MailProblem.FULL if number < 2 else "",
        )
    path = rehearsed(browser)
    everybody = text(browser.get(path))
    assert "1–25 of 32" in everybody
    assert "26–32 of 32" in text(browser.get(f"{path}?page=2"))
    stuck = text(browser.get(f"{path}?outcome=stuck"))
    assert "1–2 of 2" in stuck
    assert "No mail reaches them, and they have no device." in stuck
    assert f"{path}?outcome=stuck#people" in browser.get(path).content.decode()
    assert "Person 07" in text(browser.get(f"{path}?q=07"))
    assert "Nobody found" in text(browser.get(f"{path}?q=nobody"))
    assert text(browser.get(f"{path}?outcome=nonsense&page=x")) == everybody
    assert colleague.email in text(browser.get(f"{path}?q={colleague.email}"))


def test_it_is_taken_along_as_a_table(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    path = rehearsed(browser)
    answer = browser.get(f"{path}export.csv?outcome=set_up_next")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].endswith("name,email,outcome,what,why,day,session_stopped")
    assert lines[1].startswith(f"{colleague.full_name},{colleague.email},set_up_next,")
    assert len(lines) == 2
    (event,) = people.events(PEOPLE_EXPORTED)
    assert (event.actor_id, event.details["filters"]) == (owner.id, ["set_up_next"])


def test_what_is_wrong_is_said_at_its_field(browser: Client) -> None:
    answer = browser.post(BEGIN, fields(session_hours="99"))
    assert answer.status_code == 422
    assert b'data-page="account"' in answer.content
    assert "Type a whole number from" in text(answer)
    assert not KeptRehearsal.objects.exists()
    assert browser.get(BEGIN)["Location"] == "/account/"


def test_one_after_the_other_is_told_to_wait(owner: Administrator, browser: Client) -> None:
    for _number in range(kept_rehearsals.MOST):
        rehearsed(browser)
    for path, form in ((BEGIN, fields()), (REQUIRE, {"selected": [str(owner.id)]})):
        answer = browser.post(path, form)
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= 10


def test_another_version_in_the_meantime_is_said(owner: Administrator, browser: Client) -> None:
    path = rehearsed(browser)
    policies.ask(owner.customer_id, session_hours=8)
    answer = browser.post(path)
    assert answer.status_code == 422
    assert "Somebody changed the policy in the meantime." in text(answer)


def test_who_has_no_right_sees_and_does_nothing(
    browser: Client, colleague: Administrator, outsider: Administrator
) -> None:
    path = rehearsed(browser)
    other = browsers.browser_signed_in_by_service(colleague)
    stranger = browsers.browser_signed_in_by_service(outsider)
    for address in (path, f"{path}export.csv"):
        assert other.get(address).status_code == 403
        assert stranger.get(address).status_code == 404
        assert Client().get(address)["Location"].startswith("/sign-in/")
    for somebody, status in ((other, 403), (stranger, 404)):
        assert somebody.post(path).status_code == status
    assert other.post(BEGIN, fields()).status_code == 403
    assert not PolicyVersion.objects.exists()


def test_applying_wants_to_know_who_it_is(owner: Administrator, browser: Client) -> None:
    path = rehearsed(browser)
    browsers.age_proofs(owner)
    assert browser.get(path).status_code == 200
    answer = browser.post(path)
    assert answer["Location"].startswith("/prove/")
    assert not PolicyVersion.objects.exists()


# --- ticks for several -----------------------------------------------------------------------------

LIST = "/administrators/"
REQUIRE = f"{LIST}require/"


def test_a_tick_for_several_is_rehearsed_and_set(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    assert f'action="{REQUIRE}"' in browser.get("/administrators/").content.decode()
    answer = browser.post(REQUIRE, {"selected": [str(colleague.id)]})
    path = answer["Location"]
    said = text(browser.get(path))
    assert "Require 2FA of 1 person" in said
    assert "Not concerned 1" in said
    assert not people.again(colleague).require_2fa
    assert browser.post(path)["Location"] == "/administrators/"
    assert people.again(colleague).require_2fa
    assert not people.again(owner).require_2fa
    assert "Two-factor sign-in is now required of 1 person." in text(
        browser.get("/administrators/")
    )


def test_who_was_ticked_already_is_told_of_beside_the_others(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    people.make_administrator(owner.customer, email="third@x.example", require_2fa=True)
    ids = [str(one.id) for one in Administrator.objects.of(owner.customer_id).exclude(id=owner.id)]
    path = browser.post(REQUIRE, {"selected": ids})["Location"]
    said = text(browser.get(path))
    assert "Require 2FA of 1 person" in said
    assert "It is already required of 1 other person you selected." in said
    browser.post(path)
    said = text(browser.get("/administrators/"))
    assert "now required of 1 person. It was already required of 1 more." in said
    said = text(browser.get(browser.post(REQUIRE, {"selected": ids})["Location"]))
    assert "It is already required of everybody you selected." in said
    assert "Require 2FA of" not in said


def test_all_that_match_are_taken_wherever_they_are_listed(
    owner: Administrator, browser: Client
) -> None:
    for number in range(30):
        people.make_administrator(owner.customer, email=f"p{number}@harbourbakery.example")
    page = browser.get("/administrators/?factor=off").content.decode()
    assert "Require 2FA of all 30 that match" in page
    address = re.search(r'action="(/administrators/require/[^"]+)"', page)
    assert address is not None
    path = browser.post(address[1], {"all": "on"})["Location"]
    assert "Require 2FA of 30 people" in text(browser.get(path))
    browser.post(path)
    ticked = Administrator.objects.of(owner.customer_id).filter(require_2fa=True)
    assert ticked.count() == 30
    assert not ticked.filter(id=owner.id).exists()


def test_nobody_marked_and_somebody_of_others(
    colleague: Administrator, outsider: Administrator, browser: Client
) -> None:
    assert browser.post(REQUIRE, {"selected": []}).status_code == 422
    for selected in ([str(outsider.id)], ["x"], [str(colleague.id), str(outsider.id)]):
        assert browser.post(REQUIRE, {"selected": selected}).status_code == 404
    assert browser.get(REQUIRE)["Location"] == "/administrators/"
    path = browser.post(REQUIRE, {"selected": [str(colleague.id)]})["Location"]
    # What was rehearsed in one room is not shown in another.
    assert browser.get(path.replace(REQUIRE, BEGIN)).status_code == 404
    assert browsers.browser_signed_in_by_service(outsider).get(path).status_code == 404
    assert browser.get(f"{path}export.csv").status_code == 200


def test_who_was_removed_meanwhile_is_left_out_and_it_says_so(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    gone = people.make_administrator(owner.customer, email="gone@harbourbakery.example")
    rows = Administrator.objects.of(owner.customer_id)
    selected = [str(colleague.id), str(gone.id)]
    rows.filter(id=gone.id).update(status=Status.REMOVED)
    path = browser.post(REQUIRE, {"selected": selected})["Location"]
    page = text(browser.get(path))
    assert "1 person you selected was removed in the meantime and is left out." in page
    assert "Require 2FA of 1 person" in page
    assert gone.email not in page
    # After it was rehearsed, too.
    rows.filter(id=colleague.id).update(status=Status.REMOVED)
    for address, form in ((path, {}), (REQUIRE, {"selected": selected}), (LIST, several(selected))):
        answer = browser.post(address, form)
        assert answer.status_code == 422
        assert "Everybody you selected was removed in the meantime." in text(answer)


def several(selected: list[str]) -> dict[str, Any]:
    return {"action": "require_2fa", "selected": selected}


# --- the provider's minimums -----------------------------------------------------------------------


@pytest.fixture
def staff(owner: Administrator) -> Client:
    boss = people.make_administrator(
        people.provider(),
        email="boss@northline.example",
        tabs={*people.ALL_TABS, "customers", "brands", "tabs"},
    )
    codes.enable_app(boss)
    assert owner.customer_id != boss.customer_id
    return browsers.browser_of_with_factor(boss)


def minimum(**changes: str) -> dict[str, str]:
    return fields(trust_days="30", session_hours="24", idle_minutes="60") | changes


def test_a_customers_minimum_is_rehearsed(
    owner: Administrator, colleague: Administrator, staff: Client
) -> None:
    base = f"/customers/{owner.customer_id}/minimum/"
    assert f'action="{base}rehearsal/"' in staff.get(base).content.decode()
    path = staff.post(f"{base}rehearsal/", minimum())["Location"]
    said = text(staff.get(path))
    assert "Require 2FA of 2 people" in said
    assert colleague.full_name in said
    assert staff.get(f"{path}export.csv").status_code == 404
    assert staff.post(path)["Location"] == base
    assert people.again(owner).customer.minimum
    assert staff.post(f"{base}rehearsal/", minimum(session_hours="x")).status_code == 422
    assert staff.get(f"{base}rehearsal/")["Location"] == base


def test_a_brands_minimum_is_rehearsed_in_numbers(
    owner: Administrator, outsider: Administrator, staff: Client
) -> None:
    base = f"/brands/{owner.customer.brand_id}/minimum/"
    path = staff.post(f"{base}rehearsal/", minimum())["Location"]
    said = text(staff.get(path))
    assert "Require 2FA of 3 people" in said
    assert f"{outsider.customer.name} 1" in said
    assert outsider.email not in said
    codes.enable_app(owner)
    again = staff.post(path)
    assert again.status_code == 422
    assert "People have changed since this was rehearsed." in text(again)


def test_another_customers_minimum_is_not_shown_under_this_address(
    owner: Administrator, outsider: Administrator, staff: Client, browser: Client
) -> None:
    base = f"/customers/{owner.customer_id}/minimum/rehearsal/"
    path = staff.post(base, minimum())["Location"]
    other = path.replace(str(owner.customer_id), str(outsider.customer_id))
    assert staff.get(other).status_code == 404
    assert staff.post(other).status_code == 404
    for address in (base, path):
        assert browser.post(address, minimum()).status_code == 403


def targets(answer: Any) -> set[str]:
    """Return where the forms and buttons of a page send what they have."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', main)
    return {
        one.replace("&amp;", "&") for one in (*forms, *re.findall(r'formaction="([^"]*)"', main))
    }


def test_no_page_has_a_button_that_saves_what_was_not_rehearsed(
    owner: Administrator, colleague: Administrator, browser: Client, staff: Client
) -> None:
    """A POST of one's own may save at once; whoever comes by a page sees first what it would do."""
    minimums = (
        f"/customers/{owner.customer_id}/minimum/",
        f"/brands/{owner.customer.brand_id}/minimum/",
    )
    policies_of = [(browser, "/account/"), *((staff, one) for one in minimums)]
    for client, path in policies_of:
        begin = BEGIN if path == "/account/" else f"{path}rehearsal/"
        wrong = fields(session_hours="x")
        shown = [client.get(path), *(client.post(one, wrong) for one in (begin, path))]
        for page in shown:
            assert begin in targets(page)
            assert path not in targets(page)
    for path in (LIST, f"{LIST}?factor=off", f"{LIST}?q={colleague.email}"):
        found = [browser.get(path), browser.post(REQUIRE + path.removeprefix(LIST), {})]
        for page in found:
            (target,) = targets(page)
            assert target.startswith(REQUIRE)
            assert "require_2fa" not in page.content.decode()


def test_what_changes_nothing_says_so_and_is_saved_all_the_same(browser: Client) -> None:
    said = text(browser.get(path := rehearsed(browser, required_of="ticked")))
    assert "Nothing would change: what you chose holds already." in said
    assert "Save policy" in said
    browser.post(path)
    # Of the users of a tab that nobody has.
    said = text(browser.get(path := rehearsed(browser, required_of="tabs", tabs="activity")))
    assert "Require 2FA of 1 person" in said
    Administrator.objects.everywhere().update(tabs=" home account administrators ")
    said = text(browser.get(path := rehearsed(browser, required_of="tabs", tabs="activity")))
    assert "This concerns nobody at the moment." in said
    assert "Save policy" in said
    assert browser.post(path)["Location"] == "/account/"
    assert PolicyVersion.objects.count() == 1


def test_what_concerns_everybody_says_of_how_many(owner: Administrator, browser: Client) -> None:
    people.make_administrator(owner.customer, email="sam@harbourbakery.example")
    shorter = {"required_of": "ticked", "session_hours": "8"}
    assert "Save it for 2 people" in text(browser.get(rehearsed(browser, **shorter)))


def test_a_plan_says_of_how_many_it_will_be_required(
    owner: Administrator, colleague: Administrator, browser: Client
) -> None:
    starts = (timezone.now() + timedelta(days=3)).date().isoformat()
    said = text(browser.get(rehearsed(browser, starts=starts)))
    assert "Require 2FA of 2 people" in said
    assert colleague.customer_id == owner.customer_id


def test_what_was_rehearsed_is_changed_in_the_form_that_it_came_from(
    owner: Administrator, outsider: Administrator, browser: Client
) -> None:
    starts = (timezone.now() + timedelta(days=30)).date().isoformat()
    path = rehearsed(browser, session_hours="8", starts=starts)
    change = re.search(r'href="(/account/\?rehearsal=[^"]+)"', browser.get(path).content.decode())
    assert change is not None
    form = pages.filled(browser, change[1], BEGIN)
    assert (form["required_of"], form["session_hours"]) == ("everyone", "8")
    assert (form["starts"], form["reason"]) == (starts, "An audit")
    # Nobody else's, and nothing that is none.
    codes.enable_app(outsider)
    other = browsers.browser_of_with_factor(outsider)
    assert pages.filled(other, change[1], BEGIN)["required_of"] == "ticked"
    assert pages.filled(browser, "/account/?rehearsal=x", BEGIN)["required_of"] == "ticked"


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "24 December 2099"), ("de", "24. Dezember 2099")],
)
def test_days_are_said_in_the_readers_language(
    owner: Administrator, browser: Client, language: str, said: str
) -> None:
    Administrator.objects.of(owner.customer_id).update(language=language)
    path = rehearsed(browser, **{"from": "2099-12-24"})
    assert f"→ {said}" in text(browser.get(path))
    assert "2099-12-24" not in text(browser.get(path))
    browser.post(path)
    for page in ("/account/", "/activity/"):
        assert f"{said}" in text(browser.get(page))
        assert "2099-12-24" not in text(browser.get(page))


def test_tabs_are_said_by_their_titles_and_no_column_is_empty(
    owner: Administrator, browser: Client
) -> None:
    people.make_administrator(owner.customer, email="lena@harbourbakery.example")
    said = text(browser.get(rehearsed(browser, required_of="tabs", tabs="administrators")))
    assert "Tabs whose users must use two factors: – → Administrators" in said
    assert "What would happen From" not in said
    assert "Open sessions" not in said
    later = f"{timezone.now() + timedelta(days=9):%Y-%m-%d}"
    assert "What would happen From" in text(browser.get(rehearsed(browser, **{"from": later})))


def test_it_stands_under_account(browser: Client) -> None:
    top = browser.get(rehearsed(browser)).content.decode().partition("<main")[0]
    assert re.findall(r'<a href="([^"]*)" aria-current="page"', top) == ["/account/"]
