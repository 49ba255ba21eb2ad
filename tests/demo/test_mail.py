from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from doorward.environment import MailServer
from tests.kit import people
from tests.notifications.mails import Folder, part, send_to

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.customers.models import Customer

pytestmark = pytest.mark.one_database


class Client(Browser):
    """A browser of this machine, which calls it by its own name."""

    def __init__(self) -> None:
        super().__init__(HTTP_HOST="localhost")


PAGE = re.compile(r'href="(/demo/mail/[^"]+/)"')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Folder:
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path), demo=True)
    return Folder(path)


@pytest.fixture
def invitation(customer: Customer, folder: Folder) -> str:
    """The address of the page that shows an invitation."""
    people.invite(customer)
    assert len(folder.new()) == 1
    found = PAGE.search(Client().get("/demo/mail/").content.decode())
    assert found
    return found.group(1)


def test_the_list_says_to_whom_what_and_when(invitation: str) -> None:
    answer = Client().get("/demo/mail/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert 'data-page="demo-mail"' in page
    for said in ("lena.fischer@harbourbakery.example", "Your invitation to", "<time "):
        assert said in page


def test_an_empty_list_says_so(db: None, folder: Folder) -> None:
    people.make_customer()
    assert "No mail yet" in Client().get("/demo/mail/").content.decode()


def test_a_message_is_shown_as_text_with_links_that_work(invitation: str, folder: Folder) -> None:
    page = Client().get(invitation).content.decode()
    (message,) = folder.all()
    (link,) = re.findall(r"http://\S+/invitation/\S+", part(message, "plain"))
    assert f'<a href="{link}">{link}</a>' in page
    answer = Client().get(link.removeprefix(settings.DOORWARD.origin))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/invitation/")


def test_the_html_stands_in_a_frame_that_can_do_nothing(invitation: str) -> None:
    page = Client().get(invitation)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert f'src="{invitation}html/"' in page.content.decode()
    html = Client().get(f"{invitation}html/")
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "sandbox allow-top-navigation-by-user-activation" in policy
    assert '<base target="_top">' in html.content.decode()


def test_other_pages_may_show_no_frame(invitation: str) -> None:
    assert "frame-src" not in Client().get("/demo/mail/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["..%2f..%2fkeys", "nobody", "20260101T000000.000000Z-1", ".", "a b"]
)
def test_only_mails_of_the_folder_are_shown(name: str, invitation: str, folder: Folder) -> None:
    (folder.path / "nobody.eml").write_text("To: x\n\nx")
    assert Client().get(f"/demo/mail/{name}/").status_code == 404
    assert Client().get(f"/demo/mail/{name}/html/").status_code == 404


def test_only_the_demonstration_has_these_pages(invitation: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(settings, "DOORWARD", settings.DOORWARD.model_copy(update={"demo": False}))
    for address in ("/demo/mail/", invitation, f"{invitation}html/"):
        assert Client().get(address).status_code == 404
