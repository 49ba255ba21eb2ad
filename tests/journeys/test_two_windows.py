"""Two windows of one browser do the same at once: whoever comes second is told what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import LinkPurpose
from doorward.credentials import enrolment, removal
from doorward.credentials.models import Factor
from doorward.credentials.password import change
from doorward.credentials.totp import enrol
from doorward.sessions.errors import StaleRequest
from doorward.sessions.models import Session
from tests.kit import browsers, codes, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


def second_window(browser: Client) -> Client:
    """Return another window: the cookies that this one has by now."""
    other = Client()
    other.cookies.load({name: one.value for name, one in browser.cookies.items()})
    return other


PROFILE = {
    "first_name": "Ines",
    "last_name": "M",
    "phone": "",
    "language": "en",
    "time_zone": "UTC",
}
# The other window's form is done before this one's set-up is looked for, or when its code was found right.
MOMENTS = [(enrol, "confirm"), (enrolment, "add")]
whenever = pytest.mark.parametrize("moment", MOMENTS, ids=["before the code", "after the code"])


def faster(monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str], do: Callable[[], Any]) -> None:
    """Let the other window's form be done in the middle of this one's."""

    def after_the_other(**given: Any) -> Any:
        monkeypatch.setattr(where, name, real)
        do()
        return real(**given)

    where, name = moment
    real = getattr(where, name)
    monkeypatch.setattr(where, name, after_the_other)


@whenever
def test_who_enables_second_is_told_that_it_is_on(
    owner: Administrator, moment: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = browsers.browser_of(owner)
    secret = codes.shown_secret(here.get("/security/2fa/enable/"))
    form = {"code": codes.code(secret), "name": "Pixel 9"}
    other = second_window(here)
    faster(monkeypatch, moment, lambda: other.post("/security/2fa/enable/", form))
    answer = here.post("/security/2fa/enable/", form)
    assert answer.headers["Location"] == "/security/"
    # This window's cookie is the old one: the answer of the other one has not reached the browser yet.
    answer = here.get("/security/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/sign-in/")
    text = answer.content.decode()
    assert "Two-factor sign-in is already on." in text
    assert "Your session has ended. Please sign in again." in text
    # And where it has, the page itself says it.
    assert other.get("/security/", follow=True).status_code == 200
    assert Factor.objects.filter(administrator=owner).count() == 1


@whenever
def test_who_adds_the_same_app_second_is_told_that_it_was_changed_in_the_meantime(
    owner: Administrator, moment: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes.enable_app(owner)
    here = browsers.browser_of_with_factor(owner)
    secret = codes.shown_secret(here.get("/security/2fa/add/"))
    form = {"code": codes.code(secret), "name": "Tablet"}
    other = second_window(here)
    faster(monkeypatch, moment, lambda: other.post("/security/2fa/add/", form))
    assert here.post("/security/2fa/add/", form).headers["Location"] == "/security/"
    text = here.get("/security/", follow=True).content.decode()
    assert "Somebody changed this in the meantime." in text
    assert Factor.objects.filter(administrator=owner, name="Tablet").count() == 1


def test_of_two_presses_the_second_says_nothing_of_a_session_that_is_over(
    owner: Administrator,
) -> None:
    """Both came with the identifier from before: the browser has the new one when it follows the second's answer."""
    secret = codes.enable_app(owner)
    here = Client()
    here.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    other = second_window(here)
    form = {"code": codes.code(secret)}
    assert here.post("/sign-in/code/", form).status_code == 303
    answer = other.post("/sign-in/code/", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in/")
    here.cookies.load({name: one.value for name, one in answer.cookies.items()})
    answer = here.get("/sign-in/", follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    assert "before this was sent" not in answer.content.decode()
    assert Session.objects.count() == 1


def test_whoever_is_told_something_else_on_the_way_still_is(owner: Administrator) -> None:
    here = browsers.browser_of(owner)
    here.post("/profile/", PROFILE | {"email": owner.email})
    answer = here.get("/sign-in/", follow=True)
    assert "Saved." in answer.content.decode()


def test_who_disables_second_by_the_same_press_is_led_on(
    owner: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = codes.enable_app(owner)
    here = browsers.browser_of_with_factor(owner)
    Factor.objects.update(last_step=0)
    form = {"code": codes.code(secret)}
    other = second_window(here)
    faster(
        monkeypatch, (removal, "verify_code"), lambda: other.post("/security/2fa/disable/", form)
    )
    answer = here.post("/security/2fa/disable/", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/security/")
    assert not Factor.objects.exists()
    text = here.get("/security/").content.decode()
    assert "already used" not in text


def test_who_sets_a_password_second_by_the_same_press_is_led_on(
    owner: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    change.send_link(person=owner, actor=people.actor(owner), now=timezone.now())
    here = Client()
    here.get(people.path_of(LinkPurpose.RESET, administrator=owner))
    other, form = second_window(here), {"password": people.OTHER_PASSWORD}
    # Which answer comes first does not matter: the other one's has the session.
    faster(monkeypatch, (change, "reset"), lambda: other.post("/password/reset/", form))
    answer = here.post("/password/reset/", form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert other.get("/").status_code == 200
    assert Session.objects.filter(administrator=owner).count() == 1


def test_what_belongs_to_no_field_of_a_new_password_is_said_above_it(
    owner: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    change.send_link(person=owner, actor=people.actor(owner), now=timezone.now())
    here = Client()
    here.get(people.path_of(LinkPurpose.RESET, administrator=owner))

    def changed(**_given: Any) -> Any:
        raise StaleRequest

    monkeypatch.setattr(change, "reset", changed)
    answer = here.post("/password/reset/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 422
    assert "Somebody changed this in the meantime." in answer.content.decode()
