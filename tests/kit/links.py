"""Signing in over HTTP, step by step, by the owner, a thief with the password, and a stranger."""

from __future__ import annotations

from doorward.accounts import mailed_links
from doorward.accounts.models import MailedLink
from doorward.audit.actor import ClientInfo
from tests.kit import people


def link_of(purpose: str) -> str:
    return mailed_links.path(MailedLink.objects.filter(purpose=purpose).latest("created_at"))


# --- by a mailed link -----------------------------------------------------------------------------


def ask(email, *, address="192.0.2.1"):
    people.ask_for_link(email, client=ClientInfo(address=address))
