"""One portal and one Chromium for all journeys; a browser context for each visitor."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.sync_api import sync_playwright

from doorward.customers.cached import KEPT_SECONDS
from tests.browser.portal import Inside, Portal
from tests.browser.visitor import Visitor
from tests.kit import postgresql, serving
from tests.notifications import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",
)
# The shell is Chromium without windows of its own: the same engine for half of the processor's time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
HERE = Path(__file__).parent


class Visit(Protocol):
    """What makes a visitor; options as Playwright's `new_context` has them."""

    def __call__(self, **options: Any) -> Visitor: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """Return a running portal with a data folder of its own."""
    if not postgresql.url():
        yield from _portal(tmp_path_factory)
        return
    with postgresql.empty_database() as url:
        yield from _portal(tmp_path_factory, database_url=url)


def _portal(tmp_path_factory: pytest.TempPathFactory, **settings: str) -> Iterator[Portal]:
    folder, port = tmp_path_factory.mktemp("browser") / "data", serving.free_port()
    address = f"http://localhost:{port}"
    # Each visitor has an address of their own, so that they do not wait for each other.
    settings |= {"public_url": address, "trusted_proxies": "127.0.0.1"}
    with servers.serve() as box:
        settings["email_url"] = f"smtp://127.0.0.1:{box.port}"
        server, inside = serving.start(folder, port=port, **settings), Inside(folder, **settings)
        try:
            _change_brand(inside)
            # So long each answering process may show what it read at its start.
            time.sleep(KEPT_SECONDS)
            yield Portal(server, inside, folder, address, box)
        finally:
            inside.stop()
            server.stop()


def _change_brand(inside: Inside) -> None:
    inside.ask(
        "change_brand",
        name="Northwind Telecom",
        issuer="Northwind Telecom",
        support_phone="+44 20 7946 0123",
        support_hours="Mon–Fri 8–18",
        support_email="support@northwind.example",
    )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a running Chromium."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop running in this thread; tests that come after these use
        # the database in it all the same, and never from a coroutine.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*OPTIONS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def waiting(chromium: Browser) -> dict[str, list[Visitor]]:
    """Return the browsers that nobody uses just now, by their options: a new one costs a third of a second."""
    return {}


@pytest.fixture
def visit(chromium: Browser, portal: Portal, waiting: dict[str, list[Visitor]]) -> Iterator[Visit]:
    """Return what makes visitors; at the end none of them must have met a problem."""
    there: list[tuple[str, Visitor]] = []

    def come(**options: Any) -> Visitor:
        kind = repr(sorted(options.items()))
        free = waiting.setdefault(kind, [])
        if free:
            visitor = free.pop()
            visitor.comes()
        else:
            visitor = Visitor(chromium, portal, **options)
        there.append((kind, visitor))
        return visitor

    yield come
    problems = [problem for _, visitor in there for problem in visitor.problems]
    for kind, visitor in there:
        visitor.leaves()
        if visitor.has_clock:
            visitor.context.close()
        else:
            waiting[kind].append(visitor)
    assert problems == []


@pytest.fixture(params=["scripts", "no-scripts"])
def browser_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what a browser with scripts is made with, and one without: every journey works in both."""
    return {"java_script_enabled": request.param == "scripts"}


@pytest.fixture
def somewhere(visit: Visit, browser_options: dict[str, Any]) -> Visitor:
    """Return a visitor, with scripts and without."""
    return visit(**browser_options)


@pytest.fixture
def elsewhere(visit: Visit, browser_options: dict[str, Any]) -> Visitor:
    """Return another browser, on another machine."""
    return visit(**browser_options)


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """Return a visitor whose browser runs scripts."""
    return visit()
