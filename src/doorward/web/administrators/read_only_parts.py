"""What of a person's form is only to be read by who looks: parts that want more than the form itself.

Nobody's while they are at home in the portal; who manages one changes names and phones in it, and no rights.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from doorward.accounts.services import PARTS
from doorward.gate.requirement import Need
from doorward.permissions.actions import Action
from doorward.web.kit.offered import may

if TYPE_CHECKING:
    from doorward.web.http.requests import Request
    from doorward.web.kit.fields import Field

_PARTS: Final = {**PARTS, "email": Action.CHANGE_EMAIL}


def locked_parts(request: Request) -> frozenset[str]:
    """Return the parts that the gate would not let them ask for."""
    auth, now = request.auth, request.now
    if auth is None:
        return frozenset(_PARTS)
    return frozenset(
        part for part, action in _PARTS.items() if not may(auth, Need.of(action), now=now)
    )


def lock(fields: dict[str, Field], locked: frozenset[str]) -> dict[str, Field]:
    """Return the fields, those of these parts to be read alone. An e-mail is sent as it stands."""
    return {name: _locked(one) if name in locked else one for name, one in fields.items()}


def _locked(field: Field) -> Field:
    if field.kind in {"checkbox", "checkboxes"}:
        return replace(field, disabled=True)
    return replace(field, attributes={**field.attributes, "readonly": True})
