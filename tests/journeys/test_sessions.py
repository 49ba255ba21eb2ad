"""Where somebody is signed in: the list, ending one or all others, and what ends them by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink
from doorward.credentials.models import Factor
from doorward.notifications.mailboxes import deliveries_of
from doorward.sessions.events import OTHER_SESSIONS_ENDED, SESSION_ENDED
from doorward.sessions.models import Session
from tests.kit import browsers, codes, people
from tests.kit.codes import shown_secret

if TYPE_CHECKING:
    from collections.abc import Callable

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
END = "/security/sessions/end/"
pytestmark = pytest.mark.django_db


def elsewhere(person: Administrator) -> Client:
    """Return a browser of theirs on another machine."""
    client = Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.24")
    browsers.sign_in(client, person)
    assert client.get("/security/").status_code == 200
    return client


def is_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def rows_of(client: Client) -> list[str]:
    """Return the list as it reads, session by session."""
    page = client.get("/security/").content.decode()
    section = re.search(r'aria-labelledby="sessions".*?</section>', page, re.DOTALL)
    assert section
    parts = re.split(r"<strong>", section[0])[1:]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in parts]


def id_of_the_other(client: Client) -> str:
    found = re.search(r'name="session" value="([^"]+)"', client.get("/security/").content.decode())
    assert found
    return found[1]


def test_the_list_says_browser_system_address_and_times(owner: Administrator, clock: Any) -> None:
    elsewhere(owner)
    clock.shift(timedelta(minutes=8))
    mine = browsers.browser_of(owner)
    here, there = rows_of(mine)
    assert here.startswith("Chrome on Linux This one 127.0.0.1 · signed in ")
    assert there.startswith("Firefox on Windows 203.0.113.24 · signed in 8 minutes ago · last seen")
    assert "This one" not in there
    assert "End Firefox on Windows" in mine.get("/security/").content.decode()


def test_what_ended_by_itself_is_not_in_the_list(owner: Administrator, clock: Any) -> None:
    elsewhere(owner)
    clock.shift(timedelta(minutes=30))
    mine = browsers.browser_of(owner)
    assert len(rows_of(mine)) == 1
    answer = mine.post(END, {"others": "on"}, follow=True)
    assert "0 sessions were ended." in answer.content.decode()


def test_half_a_sign_in_is_not_in_the_list(owner: Administrator) -> None:
    codes.enable_app(owner)
    thief = Client()
    thief.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD})
    assert len(rows_of(browsers.browser_of(owner))) == 1


def test_what_has_ended_meanwhile_is_ended(owner: Administrator) -> None:
    here, other = browsers.browser_of(owner), elsewhere(owner)
    session_id = id_of_the_other(here)
    other.post("/sign-out/")
    for _ in range(2):
        answer = here.post(END, {"session": session_id})
        assert answer["Location"] == "/security/"
    assert people.events(SESSION_ENDED) == []


def test_one_is_ended_and_its_browser_is_out(owner: Administrator) -> None:
    other, mine = elsewhere(owner), browsers.browser_of(owner)
    answer = mine.post(END, {"session": id_of_the_other(mine)}, follow=True)
    assert "The session was ended." in answer.content.decode()
    assert (is_in(other), is_in(mine)) == (False, True)
    assert len(rows_of(mine)) == 1
    [event] = people.events(SESSION_ENDED)
    assert event.actor_id == owner.id


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_nobody_ends_anybody_elses_by_its_id(
    owner: Administrator, who: str, request: pytest.FixtureRequest
) -> None:
    mine = browsers.browser_of(owner)
    session_id = Session.objects.get(administrator=owner).id
    thief = browsers.browser_of(request.getfixturevalue(who))
    assert thief.post(END, {"session": str(session_id)}).status_code == 404
    assert thief.post(END, {"session": "not an id"}).status_code == 404
    assert is_in(mine)


def test_all_others_are_ended_at_once(owner: Administrator, colleague: Administrator) -> None:
    others = [elsewhere(owner), elsewhere(owner)]
    theirs, mine = browsers.browser_of(colleague), browsers.browser_of(owner)
    answer = mine.post(END, {"others": "on"}, follow=True)
    assert "2 sessions were ended." in answer.content.decode()
    assert [is_in(one) for one in (*others, theirs, mine)] == [False, False, True, True]
    [event] = people.events(OTHER_SESSIONS_ENDED)
    assert event.details == {"ended": 2}
    # Who does it knows; a colleague who does it is told of (tests/journeys/test_administrator.py).
    assert deliveries_of(event, now=timezone.now()) == []


# --- what ends all others ---------------------------------------------------------------------------


def enable(person: Administrator, browser: Client) -> None:
    secret = shown_secret(browser.get("/security/2fa/enable/"))
    form = {"code": codes.code(secret), "name": ""}
    assert browser.post("/security/2fa/enable/", form).status_code == 303
    browser.post("/sign-in/recovery-codes/", {"saved": "on"})


def disable(person: Administrator, browser: Client) -> None:
    form = {"code": codes.next_code(person)}
    assert browser.post("/security/2fa/disable/", form).status_code == 303
    assert not Factor.objects.exists()


def change_password(person: Administrator, browser: Client) -> None:
    form = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    assert browser.post("/profile/password/", form).status_code == 303


def change_email(person: Administrator, browser: Client) -> None:
    page = {name: getattr(person, name) for name in ("first_name", "last_name", "phone")}
    form = page | {"email": "new@harbourbakery.example", "language": "en", "time_zone": "UTC"}
    assert browser.post("/profile/", form).status_code == 303
    link = MailedLink.objects.get(purpose=LinkPurpose.EMAIL_NEW)
    browser.get(mailed_links.path(link))
    assert browser.post("/e-mail/confirm/", {}).status_code == 303
    assert EmailChange.objects.get().closed_at is not None


@pytest.mark.parametrize("change", [enable, disable, change_password, change_email])
def test_all_others_end_and_this_one_goes_on(
    owner: Administrator, change: Callable[[Administrator, Client], None]
) -> None:
    if change is disable:
        codes.enable_app(owner)
    other, mine = elsewhere(owner), browsers.browser_of(owner)
    change(owner, mine)
    assert (is_in(other), is_in(mine)) == (False, True)


def test_a_reset_by_mail_ends_all_there_were(owner: Administrator) -> None:
    others = [elsewhere(owner), browsers.browser_of(owner)]
    link = mailed_links.make(LinkPurpose.RESET, administrator_id=owner.id, now=timezone.now())
    fresh = Client()
    fresh.get(mailed_links.path(link))
    assert fresh.post("/password/reset/", {"password": people.OTHER_PASSWORD}).status_code == 303
    assert "Your new password is set." in fresh.get("/").content.decode()
    assert [is_in(one) for one in (*others, fresh)] == [False, False, True]
