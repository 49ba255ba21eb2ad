"""What every process that answers needs soon, loaded before it is forked: there it is in memory once, and at hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.conf import settings
from django.urls import get_resolver
from django.utils import translation

from doorward.audit import browsers
from doorward.web.kit import times
from doorward.web.kit.jinja import page_template

# All who come are shown these.
PAGES: Final = (
    "signin/sign_in.html",
    "signin/code.html",
    "home/home.html",
)
# Most browsers say such a thing, and their patterns are compiled once for all.
USUAL: Final = tuple(
    f"Mozilla/5.0 ({rest}"
    for rest in (
        "Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        "Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0",
        "X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
        "iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1",
        "Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    )
)


def load() -> None:
    """Load it, in each language; nothing of it asks the database."""
    for usual in USUAL:
        browsers.in_words(usual)
    get_resolver().url_patterns  # noqa: B018 - imports the map of the site
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            times.exact(datetime.now(UTC))
            times.number(1.5)
            for page in PAGES:
                page_template(page)
