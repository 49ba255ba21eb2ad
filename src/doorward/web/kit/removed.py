"""*Remove* pressed where it was removed before: by a second press, or by somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages

from doorward.kernel.errors import AlreadyRemoved
from doorward.kernel.refusals import sentence
from doorward.web.http.pages import see_other

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


def say_removed(request: Request, back: str) -> HttpResponse:
    """Lead back to where it was listed, and say there that it is done."""
    messages.info(request, sentence(AlreadyRemoved()))
    return see_other(back)
