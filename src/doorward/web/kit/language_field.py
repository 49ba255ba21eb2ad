"""The choice of a language for somebody else: that of their mails and pages, until they choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from doorward.web.kit.fields import Option, plain_field
from doorward.web.kit.jinja import languages

if TYPE_CHECKING:
    from doorward.web.kit.fields import Field


def language_field(chosen: str, *, errors: tuple[str, ...] = (), **rest: Any) -> Field:  # noqa: ANN401 - as plain_field
    """Return the choice of the language in which somebody is invited; without one, the page's stands there."""
    current = chosen or get_language()
    return plain_field(
        "language",
        _("Language"),
        kind="select",
        options=[Option(one["code"], one["name"], one["code"] == current) for one in languages()],
        help=_("For the invitation and all pages, until they choose another."),
        errors=errors,
        **rest,
    )
