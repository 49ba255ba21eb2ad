"""Every page, in every state that is worth a look: accessible, narrow enough, light, and silent."""

from __future__ import annotations

import urllib.request
import zlib
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLResolver

from tests.browser import looking
from tests.browser.places import NO_PAGES, PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.urls.resolvers import URLPattern

    from tests.browser.places import Place
    from tests.browser.visitor import Visitor

AT_ONCE = 8
# Some steps ask for a proof of the last five minutes.
RECENT_SECONDS = 150
CSS_BYTES, SCRIPT_BYTES = 20_000, 10_000


def portions() -> Iterator[tuple[str, tuple[Place, ...]]]:
    """Return the pages of one browser after the other, few enough to be looked at in seconds."""
    for who in dict.fromkeys(place.who for place in PLACES):
        places = [place for place in PLACES if place.who == who]
        for first in range(0, len(places), AT_ONCE):
            yield who, tuple(places[first : first + AT_ONCE])


PORTIONS = [
    pytest.param(who, places, id=f"{who}: {', '.join(dict.fromkeys(one.page for one in places))}")
    for who, places in portions()
]


@pytest.fixture(scope="session")
def worlds():
    """Keep the newest world, and when it was made."""
    return []


@pytest.fixture
def world(portal, worlds):
    """Return a world in which what was entered is recent still, however slow the machine is."""
    if not worlds or monotonic() - worlds[-1][0] > RECENT_SECONDS:
        worlds.append((monotonic(), portal.ask("world")))
    return worlds[-1][1]


@pytest.mark.parametrize(("who", "places"), PORTIONS)
def test_every_page_that_they_see(portal, visit, world, who, places):
    visitor = visit()
    visitor.keeps(world["browsers"][who])
    found = []
    for place in places:
        path = place.path.format(**world["paths"])
        found += [f"{place.page} ({path}): {fault}" for fault in faults(visitor, place, path)]
        found += [f"{place.page} ({path}): {problem}" for problem in visitor.problems]
        visitor.problems.clear()
    assert not found, "\n".join(found)


def faults(visitor: Visitor, place: Place, path: str) -> Iterator[str]:
    """Look at one page from all sides."""
    visitor.page.set_viewport_size({"width": looking.WIDE[0], "height": looking.WIDE[1]})
    visitor.page.emulate_media(color_scheme="light")
    statuses: list[int] = []
    watching = lambda answer: statuses.append(answer.status)  # noqa: E731
    status = visitor.go(path).status
    if place.then is not None:
        visitor.page.on("response", watching)
        place.then(visitor)
        visitor.page.wait_for_load_state()
        visitor.page.remove_listener("response", watching)
        status = next((one for one in statuses if one == place.status), status)
    if status != place.status:
        yield f"status {status}, not {place.status}"
    mark = visitor.page.locator("#main").get_attribute("data-page")
    if mark != place.page:
        yield f"it is {mark}"
    yield from looking.from_all_sides(visitor)
    yield from too_heavy(visitor)


def too_heavy(visitor: Visitor) -> Iterator[str]:
    linked = visitor.page.evaluate(
        """() => ({
          css: [...document.querySelectorAll("link[rel=stylesheet]")].map(one => one.href),
          scripts: [...document.scripts].map(one => one.src),
        })"""
    )
    for kind, most in (("css", CSS_BYTES), ("scripts", SCRIPT_BYTES)):
        bytes_sent = sum(sent(address) for address in linked[kind] if address)
        if bytes_sent > most:
            yield f"{bytes_sent} bytes of {kind}"
    if not all(linked["scripts"]):
        yield "a script stands in the page"


@cache
def sent(address: str) -> int:
    """Return how many bytes the server sends for a file to a browser that takes compressed ones."""
    asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, br"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        content = answer.read()
        if answer.headers["Content-Encoding"] == "gzip":
            assert zlib.decompress(content, wbits=31)
        return len(content)


@pytest.mark.parametrize("who", ["stranger", "boss", "at mailbox", "at set-up"])
def test_the_longer_words_of_german_are_not_too_wide(visit, world, who):
    visitor = visit(locale="de-DE")
    visitor.keeps(world["browsers"][who])
    found = []
    for place in (one for one in PLACES if one.who == who and one.then is None):
        path = place.path.format(**world["paths"])
        visitor.go(path)
        assert visitor.page.locator("html").get_attribute("lang") == "de"
        found += [f"{path}: {fault}" for fault in looking.at_narrowest(visitor)]
        found += [f"{path}: {fault}" for fault in looking.cut_filters(visitor)]
    assert not found, "\n".join(found)


def test_what_is_wrong_is_found(visit):
    """A page with one of each fault: the eyes of the test above are open."""
    visitor = visit()
    visitor.go("/sign-in/")
    visitor.page.locator("main").evaluate(
        """main => main.insertAdjacentHTML("beforeend", `
          <img src="/brand.svg"><p id="pale">pale</p><p class="nowrap">${"wide ".repeat(99)}</p>
          <script src="/static/nothing-at-all.js"></script>`)"""
    )
    visitor.page.evaluate("document.adoptedStyleSheets = [new CSSStyleSheet()]")
    visitor.page.evaluate(
        "document.adoptedStyleSheets[0].replaceSync('#pale { color: light-dark(#eee, #333) }')"
    )
    found = " ".join(looking.from_all_sides(visitor))
    assert found.count("image-alt") == 2
    assert found.count("color-contrast") == 2
    assert "pixels wide at 320" in found


def test_no_page_is_left_out():
    routed = set(names(get_resolver().url_patterns))
    walked = {place.route for place in PLACES} - {"nothing"}
    assert routed - walked - NO_PAGES == set(), "tell tests/browser/places.py about them"
    assert (walked | NO_PAGES) - routed == set(), "they are no more"
    assert walked & NO_PAGES == set()


def names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern)
