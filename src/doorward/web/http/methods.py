"""Methods are exact, and what is none of ours runs nothing.

Django makes `head` a HEAD, whose answer is thought to have no body; a server sends the body with what is not
HEAD to the letter (RFC 9110, 9.1: methods are told apart by case).
"""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

# A page with a form: GET shows it, POST does it.
both: Final = require_http_methods(["GET", "HEAD", "POST"])
# What may reach the gate, which leads on or refuses whatever a page does not take.
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Known ones that no page can ever take.
_NEVER: Final = frozenset({"TRACE", "CONNECT"})


def refuse_method(method: str) -> HttpResponse | None:
    """Return 405 or 501 for a method that nothing here takes, written exactly so; else None."""
    if method in METHODS:
        return None
    if method in _NEVER:
        answer = _plain("This is not done here.\n", 405)
        answer.headers["Allow"] = "GET, HEAD, POST"
        return answer
    return _plain("This method is not known here.\n", 501)


def _plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
