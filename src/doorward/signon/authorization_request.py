"""What an application asks for, read once into typed values (OpenID Connect Core, 3.1.2.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.applications import claims, redirect_addresses, tokens
from doorward.applications.models import ClientType
from doorward.applications.protocol import Code, ProtocolError
from doorward.gate.assurance import Assurance
from doorward.signon import hints
from doorward.signon.claims_parameter import read as read_wanted
from doorward.signon.parameters import Unanswerable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import QueryDict

    from doorward.applications.models import Application
    from doorward.signon.claims_parameter import Wanted

# What is kept of a request; the others say nothing to us.
NAMES: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "resource",
    # Whom the application means, by its own name for them: what `id_token_hint` comes to, which is too long to carry.
    "subject",
    # Not taken, and said so.
    "request",
    "request_uri",
)
# Long enough for what libraries send, and short enough to come back from a sign-in in an address.
_LONGEST: Final = {"state": 600, "claims": 600}
_LONGEST_OTHER: Final = 300
_OF_THE_ANSWER: Final = ("client_id", "redirect_uri", "response_mode", "state")
_MODES: Final = frozenset({"", "query", "form_post"})
_PROMPTS: Final = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
TOO_OLD: Final = "too old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An authorization request. `max_age` in seconds; None: however long ago. `assurance`: what must be verified."""

    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str
    code_challenge: str
    resource: str
    silent: bool
    anew: bool
    max_age: int | None
    assurance: Assurance | None
    subject: str
    claims: dict[str, list[str]]


def of_the_answer(sent: QueryDict) -> dict[str, str]:
    """Return where the answer to a malformed request goes (RFC 6749, 4.1.2.1). Raises `Unanswerable`."""
    names = [name for name in _OF_THE_ANSWER if name in sent]
    if any(len(sent.getlist(name)) > 1 or "\0" in sent[name] for name in names):
        raise Unanswerable
    return {name: str(sent[name]) for name in names}


def kept(sent: Mapping[str, str], *, issuer: str) -> dict[str, str]:
    """Return what of a request says something to us. Raises `ProtocolError` where its id token is none of ours."""
    said = {name: sent[name] for name in NAMES if sent.get(name)} | hints.kept(sent)
    if "id_token_hint" in sent:
        # Whom it names: it is too long to carry (OpenID Connect Core, 3.1.2.1).
        said["subject"] = _named_by(sent["id_token_hint"], issuer=issuer)
    return said


def _named_by(hint: str, *, issuer: str) -> str:
    try:
        return str(tokens.read_hint(hint, issuer=issuer)["sub"])
    except ProtocolError as error:
        raise ProtocolError(Code.INVALID_REQUEST, "The id_token_hint is none of ours.") from error


def redirect_of(application: Application, parameters: Mapping[str, str]) -> str:
    """Return where the answer goes: one of its addresses (`redirect_addresses.is_one_of`). Raises `Unanswerable`."""
    address = parameters.get("redirect_uri", "")
    public = application.client_type == ClientType.PUBLIC
    if not redirect_addresses.is_one_of(application.redirect_uris, address, public=public):
        raise Unanswerable
    return address


def read(application: Application, parameters: Mapping[str, str]) -> Wish:
    """Return what is asked for. Raises `ProtocolError`, whose answer goes to `redirect_of`."""
    _refuse_unknown(parameters)
    wanted = read_wanted(parameters.get("claims", ""))
    prompts = frozenset(parameters.get("prompt", "").split())
    if prompts - _PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise ProtocolError(Code.INVALID_REQUEST, "This prompt is not known.")
    return Wish(
        redirect_uri=redirect_of(application, parameters),
        nonce=parameters.get("nonce", ""),
        scopes=_scopes(application, parameters.get("scope", "")),
        code_challenge=_challenge(parameters),
        silent="none" in prompts,
        anew=bool(prompts & {"login", "select_account"}),
        max_age=_max_age(parameters.get("max_age")),
        assurance=_assurance(parameters, wanted),
        subject=_subject(parameters, wanted),
        claims=claims.by_name(application, userinfo=wanted.userinfo, id_token=wanted.id_token),
        resource=_resource(application, parameters.get("resource", "")),
    )


def _refuse_unknown(parameters: Mapping[str, str]) -> None:
    if "request" in parameters:
        raise ProtocolError(Code.REQUEST_NOT_SUPPORTED, "Push the request instead (RFC 9126).")
    if "request_uri" in parameters:
        raise ProtocolError(Code.REQUEST_URI_NOT_SUPPORTED, "Push the request instead (RFC 9126).")
    if any(len(value) > _LONGEST.get(name, _LONGEST_OTHER) for name, value in parameters.items()):
        raise ProtocolError(Code.INVALID_REQUEST, "A parameter is too long.")
    if parameters.get("response_type") != "code":
        raise ProtocolError(Code.UNSUPPORTED_RESPONSE_TYPE, "The response type is code.")
    if parameters.get("response_mode", "") not in _MODES:
        raise ProtocolError(Code.INVALID_REQUEST, "The response mode is query or form_post.")


def _challenge(parameters: Mapping[str, str]) -> str:
    """Return the challenge of RFC 7636: of everybody, and never the plain one, which whoever reads it can use."""
    challenge = parameters.get("code_challenge", "")
    if parameters.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(challenge):
        raise ProtocolError(Code.INVALID_REQUEST, "A code_challenge by S256 is needed (RFC 7636).")
    return challenge


def _scopes(application: Application, text: str) -> tuple[str, ...]:
    """Return what of the scopes the application may have; others are not given (RFC 6749, 3.3)."""
    asked = text.split()
    if "openid" not in asked:
        raise ProtocolError(Code.INVALID_SCOPE, "The scope openid is needed.")
    return tuple(one for one in application.scopes if one in asked)


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise ProtocolError(Code.INVALID_REQUEST, "max_age is a number of seconds.")
    return int(text)


def _resource(application: Application, text: str) -> str:
    if text and text not in application.resources:
        raise ProtocolError(Code.INVALID_TARGET, "This application calls no such interface.")
    return text


def _assurance(parameters: Mapping[str, str], wanted: Wanted) -> Assurance | None:
    """Return what must be verified: one of the values is enough, so it is the least of those that are known."""
    wished = _least(parameters.get("acr_values", "").split())
    by_claim = _least(wanted.acr)
    if by_claim is None and wanted.acr_is_essential:
        raise ProtocolError(Code.UNMET_AUTHENTICATION_REQUIREMENTS, "No such acr is ever reached.")
    levels = [one for one in Assurance if one in {wished, by_claim}]
    return levels[-1] if levels else None


def _least(values: Iterable[str]) -> Assurance | None:
    named = set(values)
    return next((one for one in Assurance if one.value in named), None)


def _subject(parameters: Mapping[str, str], wanted: Wanted) -> str:
    """Return whom the application means: by a token of theirs, or by its own name for them."""
    subjects = {parameters.get("subject", ""), wanted.subject} - {""}
    if len(subjects) > 1:
        raise ProtocolError(Code.INVALID_REQUEST, "Nobody is two subjects.")
    return next(iter(subjects), "")
