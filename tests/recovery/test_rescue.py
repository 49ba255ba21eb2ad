"""`doorward rescue`: one of the provider's people is let back in from the console, and nothing is walked around."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts.errors import LinkInvalid, LinkUsed
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.audit.actor import CONSOLE, ClientInfo
from doorward.audit.models import Event
from doorward.cli.base import main
from doorward.credentials.models import Factor, RecoverySet
from doorward.permissions.errors import NotAuthorised
from doorward.policy.first_day import require_of_staff
from doorward.recovery import rescue
from doorward.recovery.events import RESCUE_USED, RESCUED
from doorward.sessions.models import Session
from tests.kit import browsers, codes, people, recovering
from tests.kit.racing import at_once
from tests.notifications.mails import Folder, send_to

pytestmark = pytest.mark.django_db
NEW = "nine kettles under a broken roof"


@pytest.fixture
def nora():
    return locked_out()


def locked_out():
    """Return one of the provider's people, who has an app, and a colleague beside."""
    nora = recovering.make_staff()
    rows = Administrator.objects.of(nora.customer_id).filter(id=nora.id)
    rows.update(tabs=" administrators customers home ")
    require_of_staff(now=timezone.now())
    return people.again(nora)


def run(*words, **rest):
    return CliRunner().invoke(main, ["rescue", *words], **rest)


def printed(person):
    """Return the path of the link that the console prints."""
    done = run(person.email.upper(), "--yes")
    assert done.exit_code == 0, done.output
    return urlsplit(done.stdout.strip()).path


def opened(path):
    browser = Client()
    assert browser.get(path)["Location"] == "/rescue/"
    return browser


def set_password(path, password=NEW):
    browser = opened(path)
    answer = browser.post("/rescue/", {"password": password})
    assert answer.status_code == 303, answer.content.decode()
    return browser


def use(path, password=NEW):
    return rescue.use(
        token=path.split("/")[2], password=password, browser_token="",
        client=ClientInfo(host="localhost"), now=timezone.now(),
    )  # fmt: skip


def test_it_lets_set_a_password_and_then_a_device_and_nothing_else(nora):
    codes.saved_codes(nora)
    inside = browsers.browser_of(nora)
    path = printed(nora)
    # At once: nobody is in any more, and no device of before verifies anything.
    assert inside.get("/customers/").status_code == 303
    assert not Session.objects.filter(ended_at__isnull=True).exists()
    assert Factor.objects.get().suspended_at is not None
    browser = set_password(path)
    for page in ("/", "/customers/", "/security/", "/profile/"):
        assert browser.get(page)["Location"] == "/sign-in/set-up/", page
    old = Factor.objects.get().id
    page = browser.get("/sign-in/set-up/")
    # Not by a pass, which nobody gave them.
    assert "You were let back in." in page.content.decode()
    assert "set-up pass" not in page.content.decode()
    secret = codes.shown_secret(page)
    answer = browser.post("/sign-in/set-up/", {"code": codes.code(secret), "name": "New"})
    assert answer.status_code == 303
    assert browser.post("/sign-in/recovery-codes/", {"saved": "on"}).status_code == 303
    assert browser.get("/customers/").status_code == 200
    assert Factor.objects.get().id != old
    assert RecoverySet.objects.count() == 1
    old_password = {"email": nora.email, "password": people.PASSWORD}
    assert Client().post("/sign-in/", old_password).status_code == 422
    browsers.sign_in(Client(), nora, NEW)


def test_history_names_the_console_and_every_colleague_is_mailed(nora, tmp_path, monkeypatch):
    folder = Folder(tmp_path / "mail")
    send_to(
        monkeypatch,
        settings.DOORWARD.mail_server.__class__(kind="file", folder=tmp_path / "mail"),
    )
    colleague = people.make_administrator(
        nora.customer, email="colleague@provider.example", tabs=people.ALL_TABS
    )
    path = printed(nora)
    set_password(path)
    mails = [str(one["To"]) + str(one) for one in folder.new()]
    events = [people.events(RESCUED)[0], people.events(RESCUE_USED)[0]]
    assert [(one.actor_type, one.credential) for one in events] == [
        ("operator", "console"),
        ("person", "printed_link"),
    ]
    assert path.split("/")[2] not in str(list(Event.objects.values()))
    for who in (nora, colleague):
        assert sum(one.startswith(who.email) or f"<{who.email}>" in one for one in mails) >= 2
    assert all(path.split("/")[2] not in one and "/rescue/" not in one for one in mails)


def test_opening_it_uses_nothing_up_it_works_once_and_for_an_hour(nora, clock):
    path = printed(nora)
    for scanner in (opened(path), opened(path)):
        assert scanner.get("/rescue/").status_code == 200
    late = opened(path)
    assert late.post("/rescue/", {"password": "short"}).status_code == 422
    set_password(path)
    assert late.post("/rescue/", {"password": NEW + " x"}).status_code == 422
    other = printed(nora)
    clock.shift(rescue.LIFETIME)
    assert opened(other).post("/rescue/", {"password": NEW}).status_code == 422


def test_the_newer_of_two_works(nora):
    first, second = printed(nora), printed(nora)
    with pytest.raises(LinkInvalid):
        use(first)
    use(second)


def test_it_is_of_no_use_once_the_owner_came_back(nora, clock):
    """A device of theirs takes itself back: whoever then holds the link is too late."""
    path = printed(nora)
    Factor.objects.update(suspended_at=None)
    clock.shift(timedelta(seconds=1))
    browsers.browser_of_with_factor(nora)
    with pytest.raises(LinkInvalid):
        use(path)
    assert people.again(nora).check_password(people.PASSWORD)


def test_whoever_is_suspended_meanwhile_is_not_let_in(nora):
    path = printed(nora)
    people.make_administrator(
        nora.customer, email="c@provider.example", tabs=people.ALL_TABS, name="Cara Doe"
    )
    suspended = CliRunner().invoke(main, ["administrators", "suspend", nora.email])
    assert suspended.exit_code == 0, suspended.output
    assert opened(path).post("/rescue/", {"password": NEW}).status_code == 422


def test_a_set_up_pass_that_was_given_out_ends(nora):
    helper = recovering.make_staff("helper@provider.example")
    Administrator.objects.everywhere().filter(id=helper.id).update(tabs=nora.tabs)
    Administrator.objects.everywhere().filter(id=nora.id).update(tabs=" home ")
    helped = recovering.help_with(people.again(nora), people.again(helper))
    assert helped.words
    printed(nora)
    helped.request.refresh_from_db()
    assert helped.request.state == "ended"
    assert not helped.request.issued.used_at
    assert helped.request.issued.ended_at


@pytest.mark.parametrize("status", [Status.INVITED, Status.SUSPENDED])
def test_who_is_not_active_is_told_what_to_do(nora, status):
    Administrator.objects.everywhere().filter(id=nora.id).update(status=status)
    done = run(nora.email, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "doorward administrators restore" in done.stderr


def test_a_customers_people_are_helped_in_other_ways(owner):
    codes.enable_app(owner)
    done = run(owner.email, "--yes")
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"doorward administrators reset-2fa {owner.email}" in done.stderr
    assert Factor.objects.get().suspended_at is None
    assert not MailedLink.objects.exists()


def test_nobody_and_nobody_asked(nora):
    assert "Nobody has the e-mail" in run("nobody@provider.example", "--yes").stderr
    done = run(nora.email)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "--yes" in done.stderr
    assert not MailedLink.objects.exists()


def test_no_person_may_do_it(nora, owner):
    for who in (nora, owner):
        with pytest.raises(NotAuthorised):
            rescue.rescue(nora, actor=people.actor(who), now=timezone.now())


def test_of_who_has_no_device_the_password_is_set_and_one_is_still_required(nora):
    Factor.objects.all().delete()
    browser = set_password(printed(nora))
    assert browser.get("/customers/")["Location"] == "/sign-in/set-up/"


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_let_in():
    nora = locked_out()
    path = urlsplit(rescue.rescue(nora, actor=CONSOLE, now=timezone.now())).path
    done = at_once([partial(use, path, f"{NEW} {number}") for number in range(4)])
    assert sum(not isinstance(one, Exception) for one in done) == 1, done
    assert {type(one) for one in done if isinstance(one, Exception)} <= {LinkUsed, LinkInvalid}
    assert len(people.events(RESCUE_USED)) == 1


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_rescues_at_once_one_link_works():
    nora = locked_out()
    again = partial(rescue.rescue, nora, actor=CONSOLE, now=timezone.now())
    done = at_once([again] * 3)
    assert all(isinstance(one, str) for one in done), done
    assert MailedLink.objects.filter(purpose="rescue", revoked_at__isnull=True).count() == 1
