"""How an export is streamed: written down before its first byte, read by GET alone, and a few at a time.

Each has a file as long as its reader wants it, so a process has a few under way at once, and a person one; and so many
within a quarter of an hour (`kernel/ratelimit/rules.py`).
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from os import SEEK_END
from tempfile import TemporaryFile
from threading import Lock
from typing import IO, TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from django.conf import settings
from django.http import HttpResponse, StreamingHttpResponse

from doorward.customers.exports import record_export, record_people_export
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import limits, throttle
from doorward.web.http.requests import acting, signed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from django.http.response import HttpResponseBase

    from doorward.web.http.requests import Request

MOST: Final = 6
WAIT_SECONDS: Final = 10
_PART_BYTES: Final = 256 * 1024
_lock: Final = Lock()
_of: Final[WeakValueDictionary[UUID, UnderWay]] = WeakValueDictionary()


class UnderWay:
    """An export's lines. It is under way until it is closed, which its answer does at its end."""

    def __init__(
        self, lines: Iterator[str] | Iterator[bytes], *, whose: UUID, file: IO[bytes] | None = None
    ) -> None:
        """Begin. Raises `MustWait` where another of this person, or too many, are under way.

        `file` is closed with it.
        """
        with _lock:
            if whose in _of or len(_of) >= MOST:
                raise MustWait(seconds=WAIT_SECONDS)
            _of[whose] = self
        self._person, self._lines, self._file = whose, lines, file

    def __iter__(self) -> Iterator[str] | Iterator[bytes]:
        """Return the lines."""
        return self._lines

    def close(self) -> None:
        """Make room for another; a second time does nothing."""
        if self._file is not None:
            self._file.close()
        with _lock:
            if _of.get(self._person) is self:
                del _of[self._person]


def export(  # noqa: PLR0913 - what is exported, and how it is recorded
    request: Request,
    lines: Iterator[str],
    *,
    filename: str,
    filters: list[str],
    people: bool = False,
    recorded: Callable[..., None] | None = None,
) -> HttpResponseBase:
    """Return a table (CSV) as a file; that it is exported stands in the history by then. `people`: a list of these.

    `recorded`: what records it, where it is no customer's history and no list of their people.

    Every answer that may be as long as a customer's history goes through here. Whatever is no GET is told
    what it would get: nothing of the table is read for it. Raises `MustWait` where too much is under way, or was taken.
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
        throttle.spend([limits.export_key(me.id)], now=request.now)
        record = recorded or (record_people_export if people else record_export)
        record(me.customer_id, filters=filters, actor=acting(request))
        unless_given.pop_all()
    return StreamingHttpResponse(under_way, headers=headers)


def give_made(
    request: Request, make: Callable[[IO[bytes]], object], *, filename: str
) -> HttpResponseBase:
    """Return a ZIP that `make` writes whole to a file without a name, before anything of it leaves.

    `make` records it: where that is refused, or fails, nothing is given. Raises `MustWait` where too much is under way,
    or was taken.
    """
    with ExitStack() as unless_given:
        file = unless_given.enter_context(TemporaryFile(dir=settings.DOORWARD.data_dir))
        whose = signed_in(request).id
        under_way = unless_given.enter_context(
            closing(UnderWay(_parts(file), whose=whose, file=file))
        )
        throttle.spend([limits.export_key(whose)], now=request.now)
        make(file)
        length = file.seek(0, SEEK_END)
        file.seek(0)
        unless_given.pop_all()
    headers = {
        "Content-Type": "application/zip",
        "Content-Length": str(length),
        "Content-Disposition": f'attachment; filename="{filename}"',
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(under_way, headers=headers)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(_PART_BYTES):
        yield part
