"""Home."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.views.decorators.http import require_safe

from doorward.audit.browsers import in_words
from doorward.customers.tabs import ADMINISTRATORS, HOME
from doorward.directory import counts, first_days
from doorward.gate.requirement import Need
from doorward.operations.waiting_for_staff import NOTHING, waiting_for
from doorward.permissions.actions import Managed
from doorward.web.home.pages import home_page
from doorward.web.http import server_clock
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import session_of
from doorward.web.kit.support_visits import let_in

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

    from doorward.directory.counts import Numbers
    from doorward.sessions.context import AuthContext, Person
    from doorward.web.http.requests import Request
    from doorward.web.kit.support_visits import Visit


@needs(Need.right(HOME, managed=Managed.LOOK))
@require_safe
def home(request: Request) -> HttpResponse:
    """Greet, tell of the last sign-in and of what waits, and lead on to the tabs."""
    auth = session_of(request)
    person, facts = auth.person, auth.facts
    recovered = facts.session is not None and facts.session.recovery_at is not None
    numbers = counts.count(
        person.customer_id,
        facts.policy,
        look_after=person.id if ADMINISTRATORS in person.tab_keys else None,
        codes_of=person.id if recovered else None,
        now=request.now,
    )
    previous = auth.browser.previous_browser
    page = home_page(
        auth,
        numbers,
        browser=in_words(previous) if previous else "",
        hour=timezone.localtime(request.now).hour,
        clock=server_clock.off_seconds() if person.is_staff else None,
        of_staff=waiting_for(person, now=request.now) if person.is_staff else NOTHING,
        visits=_visits(request, person) if _is_visited(auth, numbers) else (),
        last_day=_last_day(request, person, numbers),
    )
    return render(request, "home/home.html", page)


def _visits(request: Request, person: Person) -> tuple[Visit, ...]:
    return let_in(person.customer_id, provider=request.brand.name, now=request.now)


def _last_day(request: Request, person: Person, numbers: Numbers) -> datetime | None:
    """Return by when those are asked who are told of as not ready; the policy is read where there are any."""
    if numbers.weak is None or numbers.people is None or not numbers.people.missing:
        return None
    return first_days.last_day(person.customer_id, now=request.now)


def _is_visited(auth: AuthContext, numbers: Numbers) -> bool:
    """Return whether support has been let in, and this is not one of them who looks at it."""
    return auth.staff is None and numbers.weak is not None and numbers.weak.visited
