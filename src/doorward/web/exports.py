"""What is taken along: written down before its first byte, and read by GET alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.http import HttpResponse, StreamingHttpResponse

from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.web.requests import acting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http.response import HttpResponseBase

    from doorward.web.requests import Request


def export(
    request: Request, lines: Iterator[str], *, filename: str, filters: list[str]
) -> HttpResponseBase:
    """Return a table (CSV) as a file; that it is taken along stands in the history by then.

    Every answer that may be as long as a customer's history goes through here. Whatever is no GET is told
    what it would get: nothing of the table is read for it.
    """
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{filename}"',
        "Cache-Control": "no-store",
    }
    if request.META["REQUEST_METHOD"] != "GET":
        return HttpResponse(headers=headers)
    with transaction.atomic():
        record(Kind.HISTORY_EXPORTED, by=acting(request), details={"filters": filters})
    return StreamingHttpResponse(lines, headers=headers)
