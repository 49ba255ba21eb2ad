"""The report as PDF, where WeasyPrint is installed (the extra `pdf`)."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any


class NotOurs(RuntimeError):
    """The report names something that is not in it."""


@cache
def _weasyprint() -> Any:  # noqa: ANN401 - a module that may be missing
    """Return the library; None: it is not installed, or what it sets text with is not."""
    # What it says of CSS that is for screens, and of how far it is, is nobody's business: it begins when it is loaded.
    for name in ("weasyprint", "weasyprint.progress"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        import weasyprint  # noqa: PLC0415 - an extra; it takes half a second to load
    except (ImportError, OSError):
        return None
    return weasyprint


def is_possible() -> bool:
    """Return whether a PDF can be made here."""
    return _weasyprint() is not None


def pdf_of(html: str) -> bytes | None:
    """Return the report as PDF, tagged so that it can be read out (PDF/UA); None: it cannot be made here."""
    library = _weasyprint()
    if library is None:
        return None
    try:
        document = library.HTML(string=html, url_fetcher=_fetcher(library), base_url=None)
        made: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    except library.urls.FatalURLFetchingError as error:
        raise NotOurs(str(error)) from error
    return made


def _fetcher(library: Any) -> Any:  # noqa: ANN401 - the library's
    """Return what fetches nothing from anywhere: the report has everything in itself, whatever somebody's name is."""

    class DataAlone(library.urls.URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:  # noqa: ANN401
            if not url.startswith("data:"):
                raise library.urls.FatalURLFetchingError(url)
            return super().fetch(url, headers)

    return DataAlone(allowed_protocols={"data"}, allow_redirects=False)
