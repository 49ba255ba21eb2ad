"""A session that is not through yet reaches nothing: every address, every method, every trick with the path."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.credentials.recovery_codes import codes
from doorward.gate.requirement import Step
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from doorward.web.http.gate import PAGES
from tests.kit import browsers, people
from tests.kit import codes as kit_codes
from tests.whole.routes import METHODS, ROUTES, is_open

pytestmark = pytest.mark.django_db

CLOSED = [route for route in ROUTES if not is_open(route)]


def ask_everything(client: Client, due: Step, *, served: Step | None = None) -> None:
    """Ask for every closed address by every method: all lead to the page of the step that is due."""
    for route in CLOSED:
        for method in METHODS:
            answer = client.generic(method, route.path(), b"", "application/x-www-form-urlencoded")
            step = route.declaration.step if route.declaration else None
            if step is due:
                assert answer.status_code in {200, 405, 422, 303}, (route.pattern, method)
                continue
            assert answer.status_code == 303, (route.pattern, method, answer.status_code)
            assert answer["Location"].split("?")[0] == PAGES[due], (route.pattern, method)
            assert not answer.content


def test_a_stranger_reaches_nothing(customer):
    ask_everything(Client(), Step.SIGN_IN)


def test_a_made_up_session_reaches_nothing(customer):
    client = Client()
    for token in ("", "x", "A" * 43, "\x00", "é" * 40):
        client.cookies[settings.SESSION_COOKIE_NAME] = token
        assert client.get("/security/").status_code == 303


def test_the_password_alone_reaches_nothing(owner):
    kit_codes.enable_app(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    ask_everything(client, Step.VERIFY_FACTOR)


def test_before_the_mailbox_is_proved_nothing_is_reached(owner):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    ask_everything(client, Step.VERIFY_MAILBOX)


def test_before_the_factor_is_set_up_nothing_is_reached(owner):
    Administrator.objects.of(owner.customer_id).update(require_2fa=True)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    client.get("/sign-in/mailbox/")
    client.post("/sign-in/mailbox/", {"code": mailbox.code_of(MailboxProof.objects.get())})
    ask_everything(client, Step.SET_UP_FACTOR)


def test_before_the_codes_are_saved_nothing_is_reached(owner):
    kit_codes.enable_app(owner)
    client = browsers.browser_of(owner)
    codes.make(owner, now=timezone.now())
    ask_everything(client, Step.SAVE_RECOVERY_CODES)


def test_before_the_password_is_set_nothing_is_reached(owner):
    client = browsers.browser_of(owner)
    Administrator.objects.of(owner.customer_id).update(password_due="not_me")
    ask_everything(client, Step.SET_PASSWORD)


def test_before_through_no_page_tells_the_customers_name(owner):
    kit_codes.enable_app(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    for route in ROUTES:
        answer = client.get(route.path())
        if answer.status_code == 200 and not answer.streaming:
            assert owner.customer.name not in answer.content.decode(errors="replace"), route.pattern


# --- tricks with the path ---------------------------------------------------------------------------

# What a server in front, or a careless one, takes for the same address.
TRICKS = {
    "two slashes": lambda path: f"/{path}",
    "two slashes at the end": lambda path: f"{path}/",
    "another letter case": lambda path: path.upper(),
    "a dot": lambda path: f"/.{path}",
    "from a page that is open": lambda path: f"/sign-in/..{path}",
    "from the files": lambda path: f"/static/..{path}",
    "an encoded slash": lambda path: f"{path[:-1]}%2f",
    "an encoded letter": lambda path: path[0] + f"%{ord(path[1]):x}" + path[2:],
    "encoded twice": lambda path: path.replace("/", "%252f"),
    "a suffix": lambda path: f"{path.rstrip('/')}.css",
    "a parameter": lambda path: f"{path};a=b",
    "a null character": lambda path: f"{path}\0",
    "a backslash": lambda path: path.replace("/", "\\"),
    "a blank": lambda path: f"{path} ",
}


def ask_with_tricks(client: Client, trick: str) -> None:
    for route in CLOSED:
        path = route.path()
        if path == "/":
            continue
        # As the server hands it on, past the test client's own reading of an address.
        answer = client.get("/", PATH_INFO=TRICKS[trick](path))
        assert answer.status_code in {303, 400, 404}, (route.pattern, trick)
        if answer.status_code == 303:
            assert answer["Location"].split("?")[0] in PAGES.values(), (route.pattern, trick)


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_with_the_path_open_nothing(owner, trick):
    ask_with_tricks(Client(), trick)
    kit_codes.enable_app(owner)
    client = Client()
    client.post("/sign-in/", {"email": owner.email, "password": people.PASSWORD, "next": ""})
    ask_with_tricks(client, trick)
