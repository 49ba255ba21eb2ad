"""Answers: asked of Django in a thread, and given to granian whole, so that no reader holds anything.

What is made bit by bit is written to a file first, at its own speed and not at the reader's. So its
length is known: an answer that breaks off can never look whole.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, cast

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries

from doorward.web.server.body_limits import judge_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http.response import HttpResponse, HttpResponseBase, StreamingHttpResponse
    from granian.rsgi import HTTPProtocol

_log = logging.getLogger("doorward.errors")

# Up to here an answer waits for its reader in memory.
IN_MEMORY_BYTES: Final = 1024 * 1024
LONGEST_BYTES: Final = 1024 * 1024 * 1024
_DESCRIPTORS: Final = Path("/dev/fd")
_TEXT: Final = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]

_ask_django = get_wsgi_application()
# Long answers are made one after another: those who make none share the processor with one alone.
_making: Final = Lock()

# What Django does around each request for what is not here: a cache, and a list of queries.
request_finished.disconnect(close_caches)
request_started.disconnect(reset_queries)


class Head:
    """What Django says first of an answer (PEP 3333, `start_response`)."""

    status: int
    headers: list[tuple[str, str]]

    def __call__(
        self, status: str, headers: list[tuple[str, str]], _error: object = None, /
    ) -> Callable[[bytes], object]:
        """Keep it; nothing is written by what it returns."""
        self.status, self.headers = int(status[:3]), headers
        return bytes


class Held:
    """A long answer on its way to its reader; to be closed when it is there, or will never be."""

    def __init__(self, file: SpooledTemporaryFile[bytes], response: StreamingHttpResponse) -> None:
        self._file, self._response = file, response

    def is_being_read(self) -> bool:
        """Return whether granian has the file open, too, which it has until it is read or its connection is over."""
        ours = os.fstat(self._file.fileno())
        found = 0
        for entry in _DESCRIPTORS.iterdir():
            with suppress(OSError):
                found += os.path.samestat(ours, entry.stat())
        return found > 1

    def close(self) -> None:
        """Give up the file, and what the answer holds as long as it is on its way."""
        self._file.close()
        self._response.close()


def answer(environ: dict[str, Any], body: bytes, proto: HTTPProtocol) -> Held | None:
    """Answer one request; return what has to be closed when its reader has it, if anything."""
    try:
        judge_parts(environ, body)
        environ["wsgi.input"] = BytesIO(body)
        head = Head()
        response = _ask_django(environ, head)
        return _give(response, environ, proto, head)
    except Exception:  # noqa: BLE001 - whatever it was, the connection gets an answer
        # Django answers what views do wrong; this is what it could not even read.
        _log.exception("a request could not be answered")
        proto.response_str(500, _TEXT, "Something went wrong.\n")
        return None


def _give(
    response: HttpResponseBase, environ: dict[str, Any], proto: HTTPProtocol, head: Head
) -> Held | None:
    if environ["REQUEST_METHOD"] == "HEAD" and response.streaming:
        proto.response_empty(head.status, head.headers)
    elif response.streaming:
        return _give_stream(cast("StreamingHttpResponse", response), proto, head)
    else:
        proto.response_bytes(head.status, head.headers, cast("HttpResponse", response).content)
    response.close()
    return None


def _give_stream(response: StreamingHttpResponse, proto: HTTPProtocol, head: Head) -> Held | None:
    file = _write(response)
    length = file.tell()
    headers = [one for one in head.headers if one[0].lower() != "content-length"]
    headers.append(("Content-Length", str(length)))
    file.seek(0)
    if length <= IN_MEMORY_BYTES:
        content = file.read()
        # First: who has the answer may ask for the next one.
        Held(file, response).close()
        proto.response_bytes(head.status, headers, content)
        return None
    proto.response_file(head.status, headers, f"{_DESCRIPTORS}/{file.fileno()}")
    return Held(file, response)


def _write(response: StreamingHttpResponse) -> SpooledTemporaryFile[bytes]:
    """Return a file with the whole of an answer, without a name on the disk."""
    folder = str(settings.DOORWARD.data_dir)
    file = SpooledTemporaryFile(IN_MEMORY_BYTES, mode="w+b", dir=folder)  # noqa: SIM115 - `Held` closes it
    try:
        if response.has_header("Content-Length"):
            _fill(file, response)
        else:
            with _making:
                _fill(file, response)
            close_old_connections()
    except BaseException:
        Held(file, response).close()
        raise
    return file


def _fill(file: SpooledTemporaryFile[bytes], parts: Iterable[bytes]) -> None:
    for part in parts:
        file.write(part)
        if file.tell() > LONGEST_BYTES:
            raise ValueError("an answer is too long")
