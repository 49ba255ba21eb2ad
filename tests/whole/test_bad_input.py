"""Nonsense on every form: a clear answer, never a 500, and nothing is changed."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from tests.kit import browsers
from tests.whole.forms import FIELDS
from tests.whole.routes import Route, walk
from tests.whole.rows import state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
NONSENSE: dict[str, Any] = {
    "empty": "",
    "too long": "x" * 9000,
    "null": "a\x00b",
    "control": "a\r\nBcc: evil@evil.example\x1b",
    "script": "<script>alert(1)</script>",
    "other scripts": "Ἑλληνική 日本語 עברית \u202e",
    "list": ["one", "two"],
    "quotes": "' OR 1=1 --",
    "number": "-99999999999999999999",
    "percent": "%s%n%(x)s{{7*7}}",
}
# What a database might take otherwise than the other one.
MINDED = {"too long", "null", "other scripts", "number"}
ROUTES = walk()


def forms() -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, value in NONSENSE.items():
        if connection.vendor == "postgresql" and kind not in MINDED:
            continue
        yield kind, dict.fromkeys(FIELDS, value)
    yield "nothing", {}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern or "/")
def test_nonsense_is_refused_by_every_form(route: Route, owner, colleague):
    client = browsers.browser_of(owner)
    client.raise_request_exception = False
    values = {"person_id": str(colleague.id), "administrator_id": str(colleague.id)}
    before = state()
    for kind, form in forms():
        # Languages that are not there, tabs that are not there: nothing of this may be taken.
        answer = client.post(route.path(**values), form)
        assert answer.status_code < 500, (route.pattern, kind)
        answer = client.get(route.path(**values), {name: form.get(name, "") for name in FIELDS})
        assert answer.status_code < 500 or route.pattern == "readyz", (route.pattern, kind)
    harmless = {"oidc/jwks/", "sign-out/", "security/sessions/end/", "session/stay/", "language/"}
    # One row for whatever was typed, until the worker has looked at it.
    harmless.add("password/forgot/")
    posts_do_it = (
        "/password-link/",
        "/end-sessions/",
        "/resend-invitation/",
        "/revoke-invitation/",
    )
    if route.pattern in harmless or f"/{route.pattern}".endswith(posts_do_it):
        return
    assert state() == before


def test_wrong_methods_get_405_and_a_way_on(owner):
    client = browsers.browser_of(owner)
    for path, method in (
        ("/sign-out/", "GET"),
        ("/security/", "POST"),
        ("/security/recovery-codes/", "GET"),
    ):
        answer = client.generic(method, path)
        assert answer.status_code == 405, path
        assert answer["Allow"]


# What uses something up where it is asked for, so that looking ahead at a link (HEAD) must not.
USED_UP = {
    ".doorward/sign-in/",
    ".doorward/sign-out/",
    "forward-auth/start/",
    "oidc/authorize/",
    "oidc/logout/",
    "tabs/<uuid:tab_id>/application/secret/<uuid:secret_id>/",
}


def test_head_is_taken_wherever_get_is_but_where_it_would_use_something_up():
    without = set()
    for route in ROUTES:
        taken = _taken(route.view)
        if "GET" in taken and "HEAD" not in taken:
            without.add(route.pattern)
    assert without == USED_UP


def _taken(view: Callable[..., Any]) -> set[str]:
    """Return the methods that Django's decorator of a view lets through; none: the view has no such decorator."""
    layer: Any = view
    while layer is not None:
        found = inspect.getclosurevars(layer).nonlocals.get("request_method_list")
        if found is not None:
            return set(found)
        layer = getattr(layer, "__wrapped__", None)
    return set()


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_a_body_of_another_kind_is_no_form(owner, kind):
    client = browsers.browser_of(owner)
    for path in ("/profile/", "/sign-in/", "/prove/"):
        answer = client.generic("POST", path, b'{"email": "x"}', kind)
        assert answer.status_code in {303, 400, 403, 422}, path
