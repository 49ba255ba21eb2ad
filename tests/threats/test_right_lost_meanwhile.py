"""Somebody loses the right after they were let on, and before anything is written: by then nothing is.

A request waits for the lock of what it changes, or for the answer of another machine. Here the right is gone from the
moment at which its service has let it on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doorward.accounts.models import Administrator
from doorward.customers import rights
from doorward.permissions.actions import About
from tests.kit import browsers, people, rows
from tests.threats.changes import changes
from tests.threats.conftest import make_boss
from tests.whole.rows import state

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

OWN = ("profile/", "security/")
# What belongs to a session of its own is in `test_managing_misused.py`; the rest takes its time for other reasons.
ELSEWHERE = (
    *("managing/", "customers/<uuid:customer_id>/manage/"),
    *("brands/<uuid:brand_id>/check/", "account/evidence/"),
)
Forms = dict[str, tuple[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    with rows.of_the_file(django_db_blocker, staff_and_forms) as both:
        yield both


def staff_and_forms() -> tuple[Administrator, Forms]:
    boss = make_boss()
    return boss, changes(boss)


@pytest.fixture
def lose(made: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Any]]:
    """Return what has the boss lose every right at the first yes, and returns what they were let on to."""
    boss, answered = made[0], rights._answer

    def begin() -> list[Any]:
        let_on: list[Any] = []

        def answer(actor: Any, action: Any, target: Any) -> Any:
            said = answered(actor, action, target)
            ours = actor.person is not None and actor.person.id == boss.id
            if said is rights._Answer.YES and ours and action.needs.about is not About.SELF:
                let_on.append(action)
                Administrator.objects.everywhere().filter(id=boss.id).update(tabs=" home ")
            return said

        monkeypatch.setattr(rights, "_answer", answer)
        return let_on

    return begin


def patterns() -> list[str]:
    from tests.threats.test_stale_proof import READ_ONLY, WANTED  # noqa: PLC0415 - a list of another threat

    # A file has been read by the time at which a service is asked: there is none in the list's form.
    asked = set(WANTED) - READ_ONLY - {"customers/import/"}
    return sorted(one for one in asked if not one.startswith(OWN + ELSEWHERE))


@pytest.mark.parametrize("pattern", patterns())
def test_nothing_is_written_once_the_right_is_gone(made, clock, lose, pattern):
    boss, (path, form) = made[0], made[1][pattern]
    tabs = people.again(boss).tabs
    browser = browsers.browser_of(boss)
    browser.get("/security/")
    before, let_on = state(), lose()
    answer = browser.post(path, form)
    assert let_on, "the service has let it on"
    Administrator.objects.everywhere().filter(id=boss.id).update(tabs=tabs)
    assert state() == before, answer
    assert answer.status_code in {303, 403, 404, 409, 422}
