"""What an application guesses of who comes: by which e-mail they sign in, and what they read. It decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.conf import settings

from doorward.gate.requirement import Step
from doorward.kernel.errors import Refusal
from doorward.kernel.text.cleaning import clean_email, fold_email
from doorward.web.http.gate import PAGES
from doorward.web.http.language_cookie import keep_language
from doorward.web.http.pages import see_other

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpResponse

    from doorward.web.http.requests import Request

# Longer ones guess nothing that is of use, and need not come back from a step.
_LONGEST: Final = 254
NAMES: Final = frozenset({"login_hint", "ui_locales"})


def kept(sent: Mapping[str, str]) -> dict[str, str]:
    """Return those hints that are of use."""
    return {name: sent[name] for name in NAMES if 0 < len(sent.get(name, "")) <= _LONGEST}


def email_of(parameters: Mapping[str, str]) -> str:
    """Return the e-mail that somebody is expected to sign in with; empty: none, or what is none."""
    try:
        return clean_email(parameters.get("login_hint", ""))
    except Refusal:
        return ""


def means_another(request: Request, parameters: Mapping[str, str]) -> bool:
    """Return whether somebody else is expected than who is signed in. Whether there is such a person, nobody looks."""
    email = email_of(parameters)
    if not email or request.auth is None:
        return False
    return fold_email(email) != fold_email(request.auth.own.person.email)


def to_sign_in(request: Request, parameters: Mapping[str, str], onward: str) -> HttpResponse:
    """Lead to the sign-in with the e-mail filled in, in a language that was asked for where none was chosen here."""
    email = email_of(parameters)
    query = {"next": onward} | ({"email": email} if email else {})
    response = see_other(f"{PAGES[Step.SIGN_IN]}?{urlencode(query)}")
    code = _language(parameters.get("ui_locales", ""))
    if code and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        keep_language(response, code)
    return response


def _language(locales: str) -> str:
    """Return the first of ours that is asked for; empty: none is (OpenID Connect Core, 3.1.2.1)."""
    ours = {code for code, _name in settings.LANGUAGES}
    asked = (one.partition("-")[0].lower() for one in locales.split())
    return next((one for one in asked if one in ours), "")
