"""A button pressed about what was removed before: by a second press, or by somebody else meanwhile."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.kernel.errors import AlreadyRemoved
from doorward.kernel.refusals import sentence
from doorward.web.http.pages import see_other

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpResponse

    from doorward.web.http.requests import Request

View = TypeVar("View", bound="Callable[..., Any]")


def say_removed(request: Request, back: str) -> HttpResponse:
    """Lead back to where it was listed, and say there that it is done."""
    messages.info(request, sentence(AlreadyRemoved()))
    return see_other(back)


def back_if_removed(back: str) -> Callable[[View], View]:
    """Return a decorator: a form about one of a customer's people who was removed meanwhile leads to `back`.

    `back` may name what is in the address, as `{customer_id}`. Whoever is not one of its people stays 404, and so
    does the page of somebody removed: nothing was pressed.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def viewed(request: Request, **found: UUID) -> HttpResponse:
            try:
                answer: HttpResponse = view(request, **found)
            except AlreadyRemoved:
                if request.method != "POST":
                    raise
                messages.info(request, _("This person was already removed."))
                return see_other(back.format(**found))
            return answer

        return cast("View", viewed)

    return decorate
