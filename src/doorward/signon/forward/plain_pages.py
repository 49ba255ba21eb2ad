"""Answers at a site's own host, where no file of ours is: words alone, and a page that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext as _

from doorward.web.kit.jinja import page_template

if TYPE_CHECKING:
    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True)
class PlainPage:
    """What is wrong, why, and a way on."""

    what: str
    why: str
    onward: str
    address: str


def plain(text: str, status: int) -> HttpResponse:
    """Return an answer for a program."""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def no_right(request: Request, title: str, company: str, portal: str) -> HttpResponse:
    """Say that somebody has no right to a site, and whom to ask. `title`: empty where it is none of their business."""
    why = (
        _(
            "Ask somebody at %(company)s who has the Administrators tab. They can give it to you; then try again."
        )
        if title
        else _("It is not for the people of %(company)s. If it should be, please ask the support.")
    )
    page = PlainPage(
        what=_("You have no access to %(application)s") % {"application": title}
        if title
        else _("You have no access here"),
        why=why % {"company": company},
        onward=_("Go to the portal"),
        address=portal,
    )
    return _shown(request, page, 403)


def begin_again(request: Request, why: str, address: str) -> HttpResponse:
    """Say why somebody was not signed in to a site, and let them begin again."""
    page = PlainPage(
        what=_("You are not signed in yet"), why=why, onward=_("Try again"), address=address
    )
    return _shown(request, page, 422)


def _shown(request: Request, page: PlainPage, status: int) -> HttpResponse:
    context = {"page": page, "csp_nonce": str(getattr(request, "csp_nonce", ""))}
    return HttpResponse(page_template("signon/plain.html").render(context), status=status)
