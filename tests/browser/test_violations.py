"""A journey fails on whatever the browser holds against a page: what was tried here must be heard of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor

INJECTED = {
    "script": "const one = document.createElement('script'); one.textContent = '1';",
    "style": "const one = document.createElement('style'); one.textContent = 'b {}';",
    "handler": "const one = document.createElement('p'); one.setAttribute('onclick', '1');",
    "picture": "const one = document.createElement('img'); one.src = 'https://elsewhere.example/1';",
    "frame": "const one = document.createElement('iframe'); one.src = '/help/';",
    "base": "const one = document.createElement('base'); one.href = '/elsewhere/';",
}


def heard(visitor: Visitor, problem: str) -> None:
    """Wait until the browser has told of it; then it is none of this test."""
    for _ in range(1500):
        if any(problem in one for one in visitor.problems):
            visitor.problems.clear()
            return
        visitor.page.wait_for_timeout(20)
    pytest.fail(f"Nothing was heard of {problem!r}, but: {visitor.problems}")


@pytest.mark.parametrize("what", INJECTED)
def test_what_the_policy_forbids_is_a_problem(visitor: Visitor, what: str) -> None:
    visitor.go("/sign-in/")
    assert visitor.problems == []
    visitor.page.evaluate(f"() => {{ {INJECTED[what]} document.body.append(one); }}")
    heard(visitor, "policy:")


def test_a_page_without_scripts_is_watched_too(visit) -> None:
    """Its violations are told by the browser itself."""
    visitor = visit(java_script_enabled=False)

    def with_a_script(route):
        answer = route.fetch()
        route.fulfill(
            response=answer, body=answer.text().replace("</main>", "<style>b {}</style></main>")
        )

    visitor.page.route("**/sign-in/", with_a_script)
    visitor.go("/sign-in/")
    heard(visitor, "Content Security Policy")


def test_a_script_that_fails_is_a_problem(visitor: Visitor) -> None:
    visitor.go("/sign-in/")
    visitor.page.evaluate("() => { setTimeout(() => { throw new Error('broken'); }); }")
    heard(visitor, "script: ")
