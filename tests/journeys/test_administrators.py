"""The Administrators tab over HTTP."""

from tests.support import browser_of


def test_the_pages_open(owner, colleague):
    browser = browser_of(owner)
    for path in ("", "add/", f"{colleague.id}/", f"{owner.id}/", f"{colleague.id}/history/"):
        assert browser.get(f"/administrators/{path}").status_code == 200, path
