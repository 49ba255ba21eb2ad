"""Passkeys and the pages: who the relying party is, and what the script asks the browser for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpResponse, JsonResponse

from doorward.credentials.errors import PasskeysElsewhere
from doorward.credentials.passkeys import enrol, verify
from doorward.credentials.passkeys.answers import base64url, read_answer
from doorward.credentials.passkeys.options import Party
from doorward.credentials.passkeys.possible import is_number
from doorward.credentials.passkeys.queries import described, handle_of, is_of_ours
from doorward.credentials.passkeys.verify import Given
from doorward.kernel.errors import Refusal
from doorward.kernel.refusals import sentence
from doorward.policy.rules import FactorKind
from doorward.web.http.requests import session_of
from doorward.web.kit.forms import read_either

if TYPE_CHECKING:
    from doorward.credentials.passkeys.challenges import Purpose
    from doorward.customers.brand_look import BrandLook
    from doorward.sessions.context import AuthContext
    from doorward.web.http.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyForm:
    """A passkey's answer, where a code would do as well. `trust`: this browser shall be trusted."""

    credential: str
    trust: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeForm:
    """The code of an app, where a passkey may do as well."""

    code: str
    trust: bool


def party_of(brand: BrandLook) -> Party:
    """Return the relying party: the brand's first host, whatever the request's Host header says."""
    origin = brand.address("")
    return Party(id=urlsplit(origin).hostname or "", origin=origin, name=brand.name)


def work_here(request: Request) -> bool:
    """Return whether a page at this address may use passkeys: it is the relying party's own, and has a name."""
    party = party_of(request.brand)
    return request.page_origin == party.origin and not is_number(party.id)


def serve(auth: AuthContext) -> bool:
    """Return whether the person has a passkey that is not disabled."""
    return any(row.kind is FactorKind.PASSKEY and row.usable for row in auth.factors)


def given(request: Request, credential: str, purpose: Purpose) -> Given:
    """Return the browser's answer, and what it was asked for."""
    return Given(credential, purpose, party_of(request.brand))


def proof_in(request: Request, purpose: Purpose) -> Given | str:
    """Return what a form brings that takes either: a passkey's answer, or the code of an app."""
    form = read_either(request, PasskeyForm, CodeForm)
    if isinstance(form, PasskeyForm):
        return given(request, form.credential, purpose)
    return form.code


def unknown(request: Request, credential: str) -> str:
    """Return the id that an answer said, for the browser to forget it (Signal API), as JSON.

    Empty where it is not one of ours that is gone: another portal may have this host name, too, on another port.
    """
    answer = read_answer(credential)
    if not is_of_ours(answer.user_handle):
        return ""
    party = party_of(request.brand)
    return json.dumps({"rpId": party.id, "credentialId": base64url(answer.credential_id)})


def accepted(request: Request) -> str:
    """Return which passkeys the person has, and what they are called now, for the Signal API, as JSON."""
    auth, party = session_of(request), party_of(request.brand)
    ids = [base64url(one.id) for one in described(auth, party)]
    return json.dumps(
        {
            "rpId": party.id,
            "userId": base64url(handle_of(auth.person.id)),
            "allAcceptedCredentialIds": ids,
            "name": auth.person.email,
            "displayName": auth.person.full_name,
        }
    )


def ask(request: Request, purpose: Purpose, auth: AuthContext | None = None) -> HttpResponse:
    """Answer the script with the options to ask for one of the person's passkeys; 422: there is none."""
    try:
        options = verify.begin(
            auth=auth or session_of(request),
            purpose=purpose,
            party=party_of(request.brand),
            now=request.now,
        )
    except Refusal as refusal:
        return JsonResponse({"error": sentence(refusal)}, status=422)
    return JsonResponse(options)


def ask_to_make(request: Request) -> HttpResponse:
    """Answer the script with the options to make a passkey; 422: this is not the host whose it would be."""
    party = party_of(request.brand)
    if request.brand.hosts and not work_here(request):
        refusal = PasskeysElsewhere(party.origin)
        return JsonResponse({"error": sentence(refusal)}, status=422)
    auth = session_of(request)
    return JsonResponse(enrol.begin(auth=auth, party=party, now=request.now))
