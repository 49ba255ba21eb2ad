"""A session that ended by idleness stays ended, whatever its cookie is shown to afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.kit.browsers import browser_of
from tests.kit.codes import enable_app

pytestmark = pytest.mark.django_db

IDLE = timedelta(minutes=31)


@pytest.mark.parametrize("path", ["/sign-in/", "/password/forgot/", "/brand.css", "/healthz"])
def test_looking_at_a_page_that_is_open_to_all_does_not_revive_it(clock, colleague, path):
    browser = browser_of(colleague)
    clock.shift(IDLE)
    for _ in range(2):
        assert browser.get(path).status_code == 200
    assert browser.get("/security/").headers["Location"].startswith("/sign-in/")


def test_nor_does_a_step_of_signing_in(clock, colleague):
    enable_app(colleague)
    browser = browser_of(colleague)
    clock.shift(IDLE)
    for path in ("/sign-in/code/", "/sign-in/", "/prove/", "/security/"):
        assert browser.get(path).headers.get("Location", "/sign-in/").startswith("/sign-in/")
