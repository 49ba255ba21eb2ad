"""An answer without its guards: each one has them, whatever its status and whoever made it.

A real server under an https address, as behind a proxy that ends TLS: pages, files, redirects,
refusals at the edge, errors.
"""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from doorward.kernel.db.sqlite.driver import Database
from tests.browser.portal import Inside
from tests.kit import serving
from tests.kit.people import ALL_TABS, PASSWORD
from tests.kit.wire import Answer, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

ORIGIN = "https://portal.northline.example"
EMAIL = "nora@harbourbakery.example"
EXPECTED = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OWN_PAGES = (
    "/",
    "/security/",
    "/security/2fa/enable/",
    "/profile/",
    "/account/",
    "/administrators/",
    "/activity/",
    "/activity/export.csv",
    "/support/",
    "/help/",
)
# The same for everybody who asks: these may be kept.
PUBLIC = ("/static/", "/brand.css", "/brand.svg", "/favicon.ico")
STATUSES = {200, 303, 304, 400, 401, 403, 404, 405, 411, 413, 421, 422, 429, 500, 503}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Answer]]:
    """Have a server answer in every way it can."""
    folder = serving.made_before(tmp_path_factory.mktemp("answers") / "data")
    token = "a token that a monitor has"
    server = serving.start(folder, public_url=ORIGIN, metrics_token=token)
    inside = Inside(folder, public_url=ORIGIN, metrics_token=token)
    try:
        customer = inside.ask("make_customer", name="Harbour Bakery")
        inside.ask("make_person", customer=customer, email=EMAIL, tabs=ALL_TABS)
        stranger, owner = Wire(server.port, ORIGIN), Wire(server.port, ORIGIN)
        ask_as_stranger(stranger)
        ask_as_owner(owner)
        with without(folder, "sessions_session", "django_migrations"):
            stranger.get("/readyz")
            owner.get("/security/")  # being updated
        with without(folder, "sessions_session"):
            owner.get("/security/")  # broken
        yield [*stranger.answers, *owner.answers]
    finally:
        inside.stop()
        server.stop()


def ask_as_owner(owner: Wire) -> None:
    assert owner.post("/sign-in/", email=EMAIL, password=PASSWORD).status == 303
    for path in OWN_PAGES:
        owner.follow(owner.get(path))
    owner.get("/customers/")
    owner.post("/profile/", email="")
    owner.post("/language/", language="de", next="/")


def ask_as_stranger(stranger: Wire) -> None:
    page = stranger.get("/sign-in/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    for path in (*files, *PUBLIC[1:], "/robots.txt", "/help/", "/.well-known/change-password"):
        stranger.follow(stranger.get(path))
    modified = stranger.get(files[0]).header("Last-Modified")
    stranger.get(files[0], If_Modified_Since=modified)
    stranger.get("/sign-in/", Host="no_name!")
    stranger.get("/sign-in/", Host="elsewhere.example")
    stranger.send("POST", "/sign-in/", "email=a")
    stranger.send("POST", "/sign-in/", "0\r\n\r\n", Transfer_Encoding="chunked")
    stranger.send("POST", "/sign-in/", "x" * 70_000)
    stranger.post("/healthz")
    for path in ("/nowhere/", "/static/nothing.css", "/metrics", "/invitation/x/", "/invitation/"):
        stranger.get(path)
    for _ in range(7):
        stranger.post("/sign-in/", email="nobody@harbourbakery.example", password="six blue boots")


@contextmanager
def without(folder: Path, *tables: str) -> Iterator[None]:
    """Break a portal: some of its tables are gone for a while."""
    with closing(
        Database.connect(folder / "doorward.sqlite3", timeout=10, isolation_level=None)
    ) as connection:
        for table in tables:
            connection.execute(f"ALTER TABLE {table} RENAME TO hidden_{table}")
        try:
            yield
        finally:
            for table in tables:
                connection.execute(f"ALTER TABLE hidden_{table} RENAME TO {table}")


def name_of(answer: Answer) -> str:
    return f"{answer.method} {answer.path} {answer.status}"


def test_every_kind_of_answer_is_here(answers: list[Answer]) -> None:
    assert {answer.status for answer in answers} >= STATUSES


def test_every_answer_has_the_headers(answers: list[Answer]) -> None:
    for answer in answers:
        for name, value in EXPECTED.items():
            assert answer.header(name) == value, (name_of(answer), name)
        powers = answer.header("Permissions-Policy")
        assert "camera=()" in powers, name_of(answer)
        for power in ("publickey-credentials-create", "publickey-credentials-get"):
            assert f"{power}=(self)" in powers, name_of(answer)
        assert len(answer.header("X-Request-ID")) == 32, name_of(answer)
        assert not re.search(r"\d", answer.header("Server")), name_of(answer)
        assert not answer.header("X-Powered-By"), name_of(answer)


def test_every_answer_has_a_strict_policy(answers: list[Answer]) -> None:
    for answer in answers:
        policy = answer.header("Content-Security-Policy")
        parts = dict(part.split(" ", 1) for part in policy.split("; "))
        assert parts["default-src"] == "'none'", name_of(answer)
        for name in ("frame-ancestors", "base-uri"):
            assert parts[name] == "'none'", name_of(answer)
        assert parts["form-action"] in {"'none'", "'self'"}, name_of(answer)
        assert not re.search(r"unsafe|\*|data:|https?:", policy), (name_of(answer), policy)


def test_a_nonce_is_in_one_answer_only(answers: list[Answer]) -> None:
    found = [
        nonce
        for answer in answers
        for nonce in set(re.findall(r"'nonce-([^']+)'", answer.header("Content-Security-Policy")))
    ]
    assert len(set(found)) == len(found)
    for answer in answers:
        for used in re.findall(r'nonce="([^"]+)"', answer.text):
            assert f"'nonce-{used}'" in answer.header("Content-Security-Policy"), name_of(answer)


def test_only_what_is_everybodys_is_kept(answers: list[Answer]) -> None:
    for answer in answers:
        kept = answer.header("Cache-Control")
        if answer.path.startswith(PUBLIC) and answer.status in {200, 304}:
            assert "max-age" in kept, name_of(answer)
        else:
            assert kept == "no-store", (name_of(answer), kept)


def test_every_cookie_is_this_hosts_own(answers: list[Answer]) -> None:
    seen = set()
    for answer in answers:
        for cookie in answer.all("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            marks = {part.strip().lower() for part in rest.split(";")[1:]}
            seen.add(name)
            assert name.startswith("__Host-"), cookie
            assert {"secure", "path=/"} <= marks, cookie
            assert "samesite=lax" in marks, cookie
            assert "httponly" in marks or "max-age=0" in marks, cookie
            assert not any(mark.startswith("domain") for mark in marks), cookie
    assert seen >= {
        "__Host-session",
        "__Host-csrf",
        "__Host-browser",
        "__Host-language",
        "__Host-link",
    }


def test_an_error_tells_nothing_of_its_inside(answers: list[Answer]) -> None:
    for answer in answers:
        if answer.status >= 400:
            for inner in (
                "Traceback",
                "django",
                "sqlite",
                "/src/",
                "site-packages",
                "OperationalError",
            ):
                assert inner not in answer.text, name_of(answer)


def test_there_is_neither_an_admin_site_nor_a_debug_page(answers: list[Answer]) -> None:
    from django.conf import settings  # noqa: PLC0415

    assert settings.DEBUG is False
    assert not [app for app in settings.INSTALLED_APPS if "admin" in app and "doorward" not in app]
    assert not [app for app in settings.INSTALLED_APPS if "debug" in app]
