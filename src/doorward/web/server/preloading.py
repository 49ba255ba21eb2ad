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


def load() -> None:
    """Load it, in each language; nothing of it asks the database."""
    browsers.parser()
    get_resolver().url_patterns  # noqa: B018 - imports the map of the site
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            times.exact(datetime.now(UTC))
            times.number(1.5)
            for page in PAGES:
                page_template(page)
