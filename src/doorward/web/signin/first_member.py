"""The page of the link that a first start printed. Opening it changes nothing; only the form does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts import first_link
from doorward.accounts.errors import FirstLinkInvalid
from doorward.credentials.password.rules import minimum
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.signin import first_member
from doorward.web.http import cookies
from doorward.web.http.gate import go_on, landing
from doorward.web.http.methods import both
from doorward.web.http.needs import needs
from doorward.web.http.pages import render
from doorward.web.kit.forms import blank, read, wrong
from doorward.web.signin.forms import FirstMemberForm
from doorward.web.signin.pages import FirstPage, LinkPage

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request


@needs(Need.NOTHING)
@both
def become_first(request: Request) -> HttpResponse:
    """Make the first of the provider's people, who goes on to set up two-factor sign-in."""
    token = cookies.link_token(request)
    try:
        first_link.find(token, host=request.client.host, now=request.now)
    except Refusal as refusal:
        return _no_link(request, refusal)
    if request.method != "POST":
        return render(request, "signin/first.html", _page(blank(FirstMemberForm)))
    return _added(request, read(request, FirstMemberForm), token)


def _added(request: Request, form: FirstMemberForm, token: str) -> HttpResponse:
    mark = cookies.browser_token(request)
    new = first_member.FirstMember(
        email=form.email,
        first_name=form.first_name,
        last_name=form.last_name,
        password=form.password,
        language=request.LANGUAGE_CODE,
    )
    try:
        started = first_member.add(
            new, token=token, browser_token=mark, client=request.client, now=request.now
        )
    except FirstLinkInvalid as refusal:
        return _no_link(request, refusal)
    except Refusal as refusal:
        page = _page(form, refusal)
        return render(request, "signin/first.html", page, wrong=page.wrong)
    response = cookies.drop_link(go_on(started.token, landing(started)))
    return cookies.mark_browser(response, mark)


def _page(form: FirstMemberForm, refusal: Refusal | None = None) -> FirstPage:
    return FirstPage(
        typed=form,
        # Two factors are required of all staff.
        minimum=minimum(two_factors=True),
        wrong=wrong(refusal, FirstMemberForm),
    )


def _no_link(request: Request, refusal: Refusal) -> HttpResponse:
    page = LinkPage(error=sentence(refusal), why=refusal.code, first=True)
    status = 422 if request.method == "POST" else 404
    return render(request, "signin/no_link.html", page, status=status)
