"""What is exported: written down before its first byte, and read by GET alone."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from django.http import HttpResponse, StreamingHttpResponse

from doorward.customers.exports import record_export
from doorward.web.http.requests import acting, signed_in
from doorward.web.http.under_way import UnderWay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http.response import HttpResponseBase

    from doorward.web.http.requests import Request


def export(
    request: Request, lines: Iterator[str], *, filename: str, filters: list[str]
) -> HttpResponseBase:
    """Return a table (CSV) as a file; that it is exported stands in the history by then.

    Every answer that may be as long as a customer's history goes through here. Whatever is no GET is told
    what it would get: nothing of the table is read for it. Raises `MustWait` where too much is under way.
    """
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{filename}"',
        "Cache-Control": "no-store",
    }
    if request.META["REQUEST_METHOD"] != "GET":
        return HttpResponse(headers=headers)
    me = signed_in(request)
    with ExitStack() as unless_given:
        under_way = unless_given.enter_context(closing(UnderWay(lines, whose=me.id)))
        record_export(me.customer_id, filters=filters, actor=acting(request))
        unless_given.pop_all()
    return StreamingHttpResponse(under_way, headers=headers)
