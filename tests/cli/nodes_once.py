"""What works once, used at each node at the same moment: exactly one of them takes it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from django.utils import timezone

from doorward.accounts.models import MailedLink
from doorward.audit.actor import ClientInfo
from doorward.audit.models import Event
from doorward.credentials.events import PASSWORD_RESET
from doorward.recovery.events import HELP_AGREED
from doorward.recovery.models import State
from doorward.sessions.models import Session
from doorward.signin import forgotten_password
from tests.cli.nodes import all_soon, at_once, authorized, code_at, posted, relying_at
from tests.kit import codes, people, recovering
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator
    from doorward.customers.models import Customer
    from tests.cli.nodes import Nodes
    from tests.kit.wire import Answer, Wire

# A race is not one each time: who takes it first is often done before the next one comes.
ROUNDS = 5
NEW = "a boat under seven bridges"


def codes_work_once(nodes: Nodes, customer: Customer) -> None:
    person = people.make_administrator(customer, email="ines@harbourbakery.example")
    secret = codes.enable_app(person)
    code = codes.code(secret)
    sent = posted(nodes.with_password(person), "/sign-in/code/", code=code)
    assert sent == [303, 422, 422]
    [recovery, *_] = codes.saved_codes(person)
    sent = posted(nodes.with_password(person), "/sign-in/recovery/", code=recovery)
    assert sent == [303, 422, 422]
    # One session each was let in, and no more.
    let_in = Session.objects.filter(administrator_id=person.id, signed_in_at__isnull=False)
    assert let_in.count() <= 2


def mailed_links_work_once(nodes: Nodes, customer: Customer) -> None:
    invited = people.invite(customer, email="lena@harbourbakery.example")
    assert _opened(nodes, people.path_of("invitation", administrator_id=invited.id)) == 1
    assert people.is_active(invited)
    forgot = people.make_administrator(customer, email="femke@harbourbakery.example")
    client = ClientInfo(address="192.0.2.1")
    forgotten_password.ask(email=forgot.email, client=client, now=timezone.now())
    # The worker that runs beside them makes it.
    until(lambda: MailedLink.objects.filter(administrator=forgot).exists())
    assert _opened(nodes, people.path_of("reset", administrator_id=forgot.id)) == 1
    assert Event.objects.filter(type=PASSWORD_RESET, subject_id=forgot.id).count() == 1


def _opened(nodes: Nodes, path: str) -> int:
    """Return at how many nodes somebody is let in by a link, opened at each and sent at the same moment.

    What comes second is led where the first one went, as of one who pressed twice; that lets nobody in.
    """
    visitors = nodes.visitors()
    for one in visitors:
        one.follow(one.get(path))
    room = f"{path.rstrip('/').rpartition('/')[0]}/"
    assert 303 in posted(visitors, room, password=NEW)
    return [one.get("/").status for one in visitors].count(200)


def help_is_agreed_to_and_used_once(nodes: Nodes, customer: Customer) -> None:
    asks, agrees = (_helper(customer, name) for name in ("Ada", "Ben"))
    lost = people.make_administrator(
        customer, email="lost@harbourbakery.example", tabs=people.ALL_TABS
    )
    codes.enable_app(lost)
    recovering.long_ago(lost)
    request = recovering.help_with(lost, asks).request
    assert request.state == State.OPEN
    path = f"/requests/{request.id}"
    sent = posted(nodes.signed_in(agrees), f"{path}/agree/")
    assert sent == [303, 422, 422]
    assert Event.objects.filter(type=HELP_AGREED, subject_id=lost.id).count() == 1
    # The pass is shown once.
    browsers = nodes.signed_in(asks)
    sent = [one.status for one in at_once(browsers, lambda one: one.post(f"{path}/pass/"))]
    assert sorted(sent) == [303, 422, 422]
    page = browsers[sent.index(303)].get(f"{path}/pass/")
    words = page.between('id="set-up-pass">', "<")
    assert posted(nodes.with_password(lost), "/sign-in/pass/", **{"pass": words}) == [303, 422, 422]


def _helper(customer: Customer, name: str) -> Administrator:
    person = people.make_administrator(
        customer,
        email=f"{name.lower()}@harbourbakery.example",
        name=f"{name} Berger",
        tabs=people.ALL_TABS,
    )
    codes.enable_app(person)
    recovering.long_ago(person)
    return person


def what_applications_hold_works_once(nodes: Nodes, customer: Customer) -> None:
    person = people.make_administrator(customer, email="tilda@harbourbakery.example")
    give_tab(person)
    application = make_application()
    relying = Relying(application, make_secret(application))
    browsers = nodes.signed_in(person)
    assert all_soon(browsers, lambda one: "code=" in authorized(one, relying))
    for _round in range(ROUNDS):
        code = code_at(browsers[0], relying)
        # Whoever of them is given tokens: who comes second ends what came of it, since one of the two stole it.
        assert _given(browsers, partial(_exchange, relying, code)) <= 1
        held = json.loads(_exchange(relying, code_at(browsers[1], relying), browsers[0]).content)
        assert _given(browsers, partial(_refresh, relying, held["refresh_token"])) <= 1
        assert _refresh(relying, held["refresh_token"], browsers[2]).status == 400


def _exchange(relying: Relying, code: str, browser: Wire) -> Answer:
    answer: Answer = relying_at(browser, relying).exchange(code)
    return answer


def _refresh(relying: Relying, token: str, browser: Wire) -> Answer:
    answer: Answer = relying_at(browser, relying).refresh(token)
    return answer


def _given(browsers: list[Wire], send: Callable[[Wire], Answer]) -> int:
    """Return how many are given tokens that ask at the same moment."""
    sent = [one.status for one in at_once(browsers * 2, send)]
    assert set(sent) <= {200, 400}, sent
    return sent.count(200)
