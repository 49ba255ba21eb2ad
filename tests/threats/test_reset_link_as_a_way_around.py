"""A mailed link is a way around the second factor, or works for what, whom or how long it should not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from doorward.credentials.models import Factor
from tests.kit import browsers, codes, people
from tests.kit.people import path_of

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


def password(
    client: Client, person: Administrator, word: str = people.PASSWORD, **more: str
) -> Any:
    form = {"email": person.email, "password": word, "next": ""}
    return client.post("/sign-in/", form | more)


def test_a_reset_neither_signs_in_past_the_second_factor_nor_removes_it(client, owner):
    codes.enable_app(owner)
    signed_in = browsers.browser_of(owner)
    client.post("/password/forgot/", {"email": owner.email})
    people.answer_asked()
    path = path_of("reset")
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (303, "/password/reset/")
    assert path.split("/")[-2] not in client.get("/password/reset/").content.decode()
    assert client.post("/password/reset/", {"password": "short"}).status_code == 422
    answer = client.post("/password/reset/", {"password": people.OTHER_PASSWORD})
    assert answer.status_code == 303
    assert client.get("/prove/")["Location"] == "/sign-in/code/"
    assert Factor.objects.count() == 1
    assert signed_in.get("/prove/")["Location"].startswith("/sign-in/")
    assert password(Client(), owner).status_code == 422
    assert password(Client(), owner, people.OTHER_PASSWORD).status_code == 303


def test_opening_a_link_uses_nothing_up_and_using_it_does(client, owner):
    client.post("/password/forgot/", {"email": owner.email})
    people.answer_asked()
    path = path_of("reset")
    for scanner in (Client(), Client()):
        scanner.get(path)
        scanner.get("/password/reset/")
    client.get(path)
    assert client.post("/password/reset/", {"password": people.OTHER_PASSWORD}).status_code == 303
    late = Client()
    late.get(path)
    assert late.get("/password/reset/").status_code == 404
    assert late.post("/password/reset/", {"password": people.PASSWORD}).status_code == 422


@pytest.mark.parametrize(("purpose", "minutes"), [("reset", 60), ("invitation", 7 * 24 * 60)])
def test_links_end_with_their_time(client, customer, owner, clock, purpose, minutes):
    if purpose == "reset":
        client.post("/password/forgot/", {"email": owner.email})
        people.answer_asked()
    else:
        people.invite(customer)
    client.get(path_of(purpose))
    page = {"reset": "/password/reset/", "invitation": "/invitation/"}[purpose]
    assert client.get(page).status_code == 200
    clock.shift(timedelta(minutes=minutes))
    assert client.get(page).status_code == 404


def test_links_of_one_purpose_do_not_serve_another(client, owner):
    client.post("/password/forgot/", {"email": owner.email})
    people.answer_asked()
    token = path_of("reset").split("/")[-2]
    for page in ("/invitation/", "/not-me/", "/e-mail/confirm/"):
        client.get(f"{page}{token}/")
        assert client.get(page).status_code == 404, page
        assert client.post(page, {"password": people.OTHER_PASSWORD}).status_code == 422, page
