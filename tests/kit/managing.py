"""Managing in tests: staff asks, somebody agrees, staff goes in; by the real pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from doorward.managing.models import Managing
from doorward.sessions.issuing import token_hash
from doorward.sessions.models import Session
from tests.kit import browsers, codes, people
from tests.kit.recovering import long_ago

if TYPE_CHECKING:
    from django.test import Client

    from doorward.accounts.models import Administrator

REASON = "Their list shows nobody, ticket 4711."


def make_manager(email: str = "nora.whitfield@provider.example") -> Administrator:
    """Return one of the support who may manage, and has had right and app for long."""
    staff = people.make_administrator(
        people.provider(),
        email=email,
        name="Nora Whitfield",
        tabs={"home", "customers", "administrators", "manage"},
    )
    codes.enable_app(staff)
    long_ago(staff)
    return staff


def old_owner(owner: Administrator) -> Administrator:
    """Return an owner who has been there for long, and signs in with an app."""
    codes.enable_app(owner)
    long_ago(owner)
    return people.again(owner)


def session_of(client: Client) -> Session:
    """Return the row of a browser's session."""
    token = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Session.objects.get(token_hash=token_hash(token))


def ask(client: Client, owner: Administrator, *, changes: bool = False) -> Managing:
    """Ask to be let in."""
    fields = {"reason": REASON} | ({"changes": "on"} if changes else {})
    answer = client.post(f"/customers/{owner.customer_id}/manage/", fields)
    assert answer.status_code == 303, answer.content.decode()
    return Managing.objects.latest("asked_at")


def agree(client: Client, managing: Managing) -> None:
    """Say yes, in the customer's portal."""
    answer = client.post(f"/managing/{managing.id}/agree/")
    assert answer.status_code == 303, answer.content.decode()


def begin(client: Client, owner: Administrator) -> Managing:
    """Go in."""
    answer = client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert (answer.status_code, answer["Location"]) == (303, "/"), answer.content.decode()
    return Managing.objects.exclude(begun_at=None).latest("begun_at")


def let_in(staff: Administrator, owner: Administrator, *, changes: bool = False) -> Client:
    """Return a browser of staff that is in the owner's portal, with the owner's yes."""
    client = browsers.browser_of_with_factor(staff)
    managing = ask(client, owner, changes=changes)
    agree(browsers.browser_of_with_factor(owner), managing)
    begin(client, owner)
    return client
