"""The request as views see it: Django's, with what the edge and the gate have put there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor, ClientInfo
    from doorward.audit.reason import Why
    from doorward.customers.brand_look import BrandLook
    from doorward.gate.evaluate import Verdict
    from doorward.sessions.context import AuthContext, Person


@dataclass(frozen=True, slots=True)
class Gated:
    """When the gate decided on a request (Unix time in ns), and whether it let the view run."""

    began: int
    ended: int
    let: bool


class Request(HttpRequest):
    """`administrator` is a person only when the gate's answer is *through*; `auth` is no right.

    `host` and `page_origin` are in the spelling of `kernel/host_spelling.py`; `host` is empty where there is none.
    `form_at`: where on this site the form stood that is sent, as a path; empty where that is not known.

    `unbound`: what would be `auth`, of a session that is bound to a device and came without it: nobody is signed in.

    `why`: for what a step of signing in, or reauthentication, is asked.

    `managing`: the customer's portal that this session of the provider's staff is in, whether it still may be or not.
    `other_portal`: by this request the session goes from one portal to another.
    `outside`: it is answered by a page of an error, which shows nothing of a portal.

    `verdict`: what the gate decided last; `gated`: when, where traces are made.
    """

    client: ClientInfo
    now: datetime
    brand: BrandLook
    host: str
    page_origin: str
    form_at: str
    auth: AuthContext | None
    unbound: AuthContext | None
    administrator: Person | None
    tab: str | None
    why: Why | None
    managing: AuthContext | None
    other_portal: bool
    outside: bool
    verdict: Verdict | None
    gated: Gated | None


def signed_in(request: Request) -> Person:
    """Return the person that the gate let through; a view that the gate runs for them has one."""
    if request.administrator is None:
        raise RuntimeError("a view for people who are through ran for somebody who is not")
    return request.administrator


def session_of(request: Request) -> AuthContext:
    """Return what is known of the session; a view that serves a step past the password has one."""
    if request.auth is None:
        raise RuntimeError("a view for a session ran without one")
    return request.auth


def acting(request: Request) -> Actor:
    """Return who acts and from where, for services."""
    return replace(session_of(request).actor(request.client), why=request.why)
