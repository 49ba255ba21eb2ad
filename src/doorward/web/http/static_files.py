"""The files of pages: read once from the installed program, and served from memory by the hash of their content.

Nothing of them is written when Doorward starts, so that nothing can be left half made; and what is served for
good under one address (`immutable`) is what was hashed, whatever happens to the disk meanwhile.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from csp.constants import HEADER
from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import Response, StaticFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from wsgiref.headers import Headers

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

FOLDER: Final = Path(__file__).parent.parent / "static"
# A film that is opened by itself is a page of the browser's own, which plays the file.
_PLAYED: Final = ".webm"
_PLAYER: Final = (
    "default-src 'none'; media-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
_PACKED: Final = frozenset({".css", ".js", ".svg", ".txt", ".vtt"})


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when this process began. `address` carries the hash of its content."""

    path: str
    address: str
    found: os.stat_result
    contents: Mapping[str, bytes]


@cache
def files() -> Mapping[str, File]:
    """Return all files by their names below the folder of files."""
    paths = (path for path in sorted(FOLDER.rglob("*")) if path.is_file())
    return {path.relative_to(FOLDER).as_posix(): _read(path) for path in paths}


def address_of(name: str) -> str:
    """Return the address of a file, with the hash of its content. Raises `KeyError` where there is none."""
    return files()[name].address


class Files(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """Answers what asks for a file; everything else goes on."""

    # Of this process: the same whoever builds the row of middleware once more, as each browser of a test does.
    _described: ClassVar[tuple[Mapping[str, File], dict[str, _Kept]]] = ({}, {})

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.add_headers_function = _add_headers
        if Files._described[0] is not files():
            Files._described = (files(), {one.address: self._kept(one) for one in files().values()})
        self.files = Files._described[1]

    def immutable_file_test(self, path: str, url: str) -> bool:  # noqa: ARG002 - WhiteNoise's signature
        """Say that a file never changes: its address does."""
        return True

    def _kept(self, file: File) -> _Kept:
        described = self.get_static_file(file.path, file.address, _sizes(file))
        return _Kept(described, file.contents)


def _add_headers(headers: Headers, path: str, url: str) -> None:  # noqa: ARG001 - as above
    if path.endswith(_PLAYED):
        headers[HEADER] = _PLAYER


class _Kept:
    """WhiteNoise's answer to a request for a file (ranges, what a browser has already), from memory."""

    def __init__(self, described: StaticFile, contents: Mapping[str, bytes]) -> None:
        self._described = described
        self._contents = contents

    def get_response(self, method: str, headers: Mapping[str, str]) -> Response:
        """Return status, headers and body."""
        # HEAD opens nothing, and says all that GET says.
        answer = self._described.get_response("HEAD" if method == "GET" else method, headers)
        if method == "GET" and answer.status in {200, 206}:
            path, _ = self._described.get_path_and_headers(headers)
            return Response(
                answer.status, answer.headers, io.BytesIO(_part(self._contents[path], answer))
            )
        return answer


def _part(content: bytes, answer: Response) -> bytes:
    asked: str | None = dict(answer.headers).get("Content-Range")
    if asked is None:
        return content
    first, _, last = asked.removeprefix("bytes ").partition("/")[0].partition("-")
    return content[int(first) : int(last) + 1]


def _read(path: Path) -> File:
    content = path.read_bytes()
    hashed = blake2b(content, digest_size=6).hexdigest()
    name = path.relative_to(FOLDER).with_stem(f"{path.stem}.{hashed}").as_posix()
    contents = {str(path): content}
    if path.suffix in _PACKED:
        packed = gzip.compress(content, mtime=0)
        contents |= {f"{path}.gz": packed} if len(packed) < len(content) else {}
    return File(str(path), f"{settings.STATIC_URL}{name}", path.stat(), contents)


def _sizes(file: File) -> dict[str, Any]:
    """Return what WhiteNoise would ask the disk for."""
    before, after = file.found[: stat.ST_SIZE], file.found[stat.ST_SIZE + 1 : 10]
    return {
        path: os.stat_result((*before, len(content), *after))
        for path, content in file.contents.items()
    }
