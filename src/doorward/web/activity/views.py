"""Activity: what happened at this customer, and the same as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from django.utils import timezone, translation
from django.views.decorators.http import require_safe

from doorward.customers.tabs import ACTIVITY
from doorward.gate.requirement import Need
from doorward.permissions.actions import Action, Managed
from doorward.web.activity.export import table
from doorward.web.activity.filters import events_for, filters_of, newest_for
from doorward.web.activity.pages import ExportPage, activity_page
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.http.requests import signed_in
from doorward.web.http.streaming import export as as_file
from doorward.web.kit.csv_separator import chosen_separator, separator_field
from doorward.web.kit.history import history_page

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from doorward.web.http.requests import Request


@needs(Need.right(ACTIVITY, managed=Managed.LOOK))
@require_safe
def activity(request: Request) -> HttpResponse:
    """Show the customer's history, narrowed by what stands in the address."""
    filters = filters_of(request)
    events = newest_for(signed_in(request), filters)
    page = activity_page(history_page(events, request=request), filters)
    return render(request, "activity/activity.html", page)


@needs(Need.of(Action.EXPORT_HISTORY))
@require_safe
def export(request: Request) -> HttpResponse:
    """Say what is about to be exported; a page of its own, so that a proof leads somewhere."""
    filters = filters_of(request)
    query = f"?{filters.query}" if filters.query else ""
    page = ExportPage(
        number=events_for(signed_in(request), filters).order_by().count(),
        narrowed=bool(query),
        filters=parse_qsl(filters.query),
        separator=separator_field(translation.get_language() or "en"),
        back=f"/activity/{query}",
    )
    return render(request, "activity/export.html", page)


@needs(Need.of(Action.EXPORT_HISTORY))
@require_safe
def download(request: Request) -> HttpResponseBase:
    """Return the history as a table; taking it along is an event itself."""
    filters = filters_of(request)
    events = events_for(signed_in(request), filters)
    day = timezone.localtime(request.now).date().isoformat()
    language = translation.get_language() or "en"
    separator = chosen_separator(request.GET.get("separator", ""), language=language)
    lines = table(events, language=language, separator=separator)
    return as_file(request, lines, filename=f"history-{day}.csv", filters=filters.words)
