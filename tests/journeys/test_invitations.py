"""Invitations as people meet them: in their language, an older one, one that ran out, one that was used."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts import invitations, mailed_links
from doorward.accounts.events import INVITATION_ASKED, INVITATION_SENT
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.cli.base import main
from doorward.customers.models import Customer
from doorward.customers.tabs import BUILT_IN, STAFF
from doorward.notifications.models import Delivery
from doorward.notifications.worker import run_once
from tests.kit import browsers
from tests.kit import people as kit_people
from tests.notifications.mails import Folder, send_to

pytestmark = pytest.mark.django_db
NEW = {
    "email": "lena@harbourbakery.example", "first_name": "Lena", "last_name": "Fischer",
    "phone": "", "tabs": ["home", "support"],
}  # fmt: skip
PASSWORD_LINK = "/password/forgot/"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "mail"
    send_to(monkeypatch, settings.DOORWARD.mail_server.__class__(kind="file", folder=path))
    return Folder(path)


@pytest.fixture
def nora():
    return kit_people.make_administrator(
        kit_people.provider(), email="nora@provider.example", name="Nora", tabs=BUILT_IN + STAFF
    )


@pytest.fixture
def lena(owner):
    """Return somebody whom the owner has invited."""
    assert browsers.browser_of(owner).post("/administrators/add/", NEW).status_code == 303
    return find()


def find(email="lena@harbourbakery.example"):
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return people.get(email=email)


def opened(person, *, newest=True, **options):
    """Open a mailed invitation in a browser of their own."""
    rows = MailedLink.objects.filter(administrator=person).order_by("created_at")
    client, link = Client(**options), rows.last() if newest else rows.first()
    assert link is not None
    assert client.get(mailed_links.path(link)).status_code == 303
    return client


def run_out(person):
    past = timezone.now() - timedelta(seconds=1)
    MailedLink.objects.filter(administrator=person).update(expires_at=past)


def mailed(folder, event):
    """Return what was mailed of one kind of event since it was last looked."""
    folder.new()
    rows = Delivery.objects.filter(template=event, state="sent")
    found = sorted(rows.values_list("address", flat=True))
    rows.delete()
    return found


def title(answer):
    (found,) = re.findall(r"<h1>([^<]*)", answer.content.decode())
    return found


# --- the language ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "chosen", "speaks"),
    [("", "", "en"), ("de", "", "de"), ("de", "en", "en"), ("", "de", "de")],
)
def test_it_is_in_the_language_that_the_inviter_chooses(owner, folder, own, chosen, speaks):
    Administrator.objects.of(owner.customer_id).update(language=own)
    client = browsers.browser_of(kit_people.again(owner))
    page = client.get("/administrators/add/").content.decode()
    assert f'value="{own or "en"}" selected' in page
    form = NEW | ({"language": chosen} if chosen else {})
    assert client.post("/administrators/add/", form).status_code == 303
    assert find().language == speaks
    (mail,) = [one for one in folder.new() if one["To"] == NEW["email"]]
    assert mail["Content-Language"] == speaks
    answer = opened(find()).get("/invitation/")
    assert f'<html lang="{speaks}"' in answer.content.decode()


@pytest.mark.parametrize("code", ["xx", "DE", "de\x00", "en-gb"])
def test_a_language_that_there_is_not_is_refused_at_its_field(owner, code):
    answer = browsers.browser_of(owner).post("/administrators/add/", NEW | {"language": code})
    assert answer.status_code == 422
    assert 'id="language-error"' in answer.content.decode()
    assert not Administrator.objects.everywhere().filter(email=NEW["email"]).exists()


def test_the_provider_chooses_it_too(nora, folder):
    customer = kit_people.make_customer("Kestrel")
    fields = {"email": "a@kestrel.example", "first_name": "A", "last_name": "B"}
    address, client = f"/customers/{customer.id}/invite/", browsers.browser_of(nora)
    assert client.post(address, fields | {"language": "de"}).status_code == 303
    assert find("a@kestrel.example").language == "de"
    assert client.post(address, fields | {"language": "x"}).status_code == 422
    second = fields | {"email": "b@kestrel.example"}
    assert client.post(address, second).status_code == 303
    assert find("b@kestrel.example").language == "en"


def test_the_console_chooses_it_too(owner):
    words = [
        "administrators",
        "add",
        "c@x.example",
        "--customer",
        owner.customer.name,
        "--language",
    ]
    answer = CliRunner().invoke(main, [*words, "fr"])
    assert (answer.exit_code, "fr: choose one of en, de" in answer.output) == (1, True)
    assert CliRunner().invoke(main, [*words, "de"]).exit_code == 0
    assert find("c@x.example").language == "de"


def test_the_language_in_which_it_is_accepted_is_kept(lena):
    client = opened(lena)
    assert "Welcome" in client.get("/invitation/").content.decode()
    assert client.post("/language/", {"language": "de", "next": "/invitation/"}).status_code == 303
    assert "Willkommen" in client.get("/invitation/").content.decode()
    assert client.post("/invitation/", {"password": kit_people.PASSWORD}).status_code == 303
    assert (find().status, find().language) == (Status.ACTIVE, "de")


def test_who_changes_nothing_keeps_what_the_inviter_chose(lena):
    Administrator.objects.everywhere().filter(id=lena.id).update(language="de")
    client = opened(lena, HTTP_ACCEPT_LANGUAGE="en-US")
    client.post("/invitation/", {"password": kit_people.PASSWORD})
    assert find().language == "de"


# --- links that do not work any more --------------------------------------------------------------


def test_an_older_link_says_that_there_is_a_newer_mail(owner, lena):
    invitations.resend(lena, actor=kit_people.actor(owner), now=timezone.now())
    answer = opened(lena, newest=False).get("/invitation/")
    assert (answer.status_code, title(answer)) == (404, "There is a newer mail")
    assert "Open the link in that one" in answer.content.decode()
    assert PASSWORD_LINK not in answer.content.decode()
    assert opened(lena).get("/invitation/").status_code == 200


def test_one_that_ran_out_leads_to_asking_for_a_new_one(owner, nora, lena, folder):
    run_out(lena)
    client = opened(lena)
    answer = client.get("/invitation/")
    assert (answer.status_code, title(answer)) == (404, "This invitation has expired")
    assert PASSWORD_LINK not in answer.content.decode()
    assert not kit_people.events(INVITATION_ASKED)
    answer = client.post("/invitation/", {"ask": "on"})
    assert (answer.status_code, answer["Location"]) == (303, "/invitation/")
    page = client.get("/invitation/")
    assert title(page) == "You have asked for a new invitation"
    assert 'name="ask"' not in page.content.decode()
    assert mailed(folder, "invitation_asked") == [owner.email]
    page = browsers.browser_of(owner).get(f"/administrators/{lena.id}/").content.decode()
    assert "asked for a new one" in page
    # They send it again, and the old link says so.
    assert (
        browsers.browser_of(owner).post(f"/administrators/{lena.id}/resend-invitation/").status_code
        == 303
    )
    assert title(client.get("/invitation/")) == "There is a newer mail"


def test_it_is_asked_for_once_however_often_and_with_whichever_link(owner, lena):
    for _ in range(3):
        invitations.resend(lena, actor=kit_people.actor(owner), now=timezone.now())
    run_out(lena)
    for link in MailedLink.objects.filter(administrator=lena):
        client = Client()
        client.get(mailed_links.path(link))
        for _ in range(3):
            assert client.post("/invitation/", {"ask": "on"}).status_code == 303
    assert len(kit_people.events(INVITATION_ASKED)) == 1
    run_once(timezone.now())
    assert Delivery.objects.filter(template="invitation_asked").count() == 1


def test_everyone_with_the_tab_and_whoever_invited_is_told(owner, colleague, nora, lena, folder):
    Administrator.objects.everywhere().filter(id=colleague.id).update(tabs=" administrators ")
    MailedLink.objects.all().delete()
    invitations.resend(lena, actor=kit_people.actor(nora), now=timezone.now())
    run_out(lena)
    opened(lena).post("/invitation/", {"ask": "on"})
    told = sorted([owner.email, colleague.email, nora.email])
    assert mailed(folder, "invitation_asked") == told


def test_where_nobody_is_there_the_provider_is_told(nora, folder):
    person = kit_people.invite(kit_people.make_customer("Kestrel"))
    run_out(person)
    opened(person).post("/invitation/", {"ask": "on"})
    assert mailed(folder, "invitation_asked") == [nora.email]
    # Who can send it again: from the customer's page, or the console.
    tabs = {"tabs": " administrators "}
    Administrator.objects.everywhere().filter(id=person.id).update(**tabs)
    client = browsers.browser_of(nora)
    address = f"/customers/{person.customer_id}/resend-invitation/{person.id}/"
    assert address in client.get(f"/customers/{person.customer_id}/").content.decode()
    assert client.post(address).status_code == 303
    assert mailed(folder, "invitation") == [person.email]
    answer = CliRunner().invoke(main, ["administrators", "resend-invitation", person.email])
    assert (answer.exit_code, "/invitation/" in answer.output) == (0, True)


def test_staff_send_again_what_is_theirs_to_send_alone(nora, owner, lena):
    client = browsers.browser_of(nora)
    base = f"/customers/{owner.customer_id}/resend-invitation/"
    # Somebody without the Administrators tab is the customer's own to look after; the rest is nobody's.
    assert client.post(f"{base}{lena.id}/").status_code == 404
    assert client.post(f"{base}{nora.id}/").status_code == 404
    assert client.post(f"{base}{owner.id}/").status_code == 303
    assert len(kit_people.events(INVITATION_SENT)) == 1
    assert browsers.browser_of(owner).post(f"{base}{lena.id}/").status_code in {403, 404}


@pytest.mark.parametrize("what", ["used", "taken back", "removed", "closed", "made up"])
def test_nothing_is_asked_for_where_nothing_is_to_be_had(owner, lena, what):
    client = opened(lena)
    if what == "used":
        client.post("/invitation/", {"password": kit_people.PASSWORD})
        client = opened(lena)
    elif what == "taken back":
        MailedLink.objects.update(revoked_at=timezone.now())
    elif what == "removed":
        run_out(lena)
        invitations.revoke(lena, actor=kit_people.actor(owner), now=timezone.now())
    elif what == "closed":
        run_out(lena)
        Customer.objects.filter(id=lena.customer_id).update(status="closed")
    else:
        client = Client()
        client.get(f"/invitation/{'A' * 43}/")
    answer = client.post("/invitation/", {"ask": "on"})
    assert answer.status_code in {303, 422}
    assert not kit_people.events(INVITATION_ASKED)
    page = client.get("/invitation/").content.decode()
    assert (PASSWORD_LINK in page) is (what == "used")
    assert 'name="ask"' not in page or what == "closed"


def test_one_that_works_asks_for_nothing(lena):
    client = opened(lena)
    assert client.post("/invitation/", {"ask": "on"}).status_code == 303
    assert not kit_people.events(INVITATION_ASKED)
    assert client.get("/invitation/").status_code == 200
