"""What an application is told that asks in a wrong way: the codes of OAuth and OpenID Connect, each with a sentence."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """RFC 6749, 4.1.2.1 and 5.2; RFC 6750, 3.1; RFC 8707, 2; RFC 9470, 3; OpenID Connect Core, 3.1.2.6."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TARGET = "invalid_target"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a code
    INSUFFICIENT_USER_AUTHENTICATION = "insufficient_user_authentication"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    ACCESS_DENIED = "access_denied"
    LOGIN_REQUIRED = "login_required"
    INTERACTION_REQUIRED = "interaction_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"


class ProtocolError(Exception):
    """An application is answered with this. The description is for who writes it, and is in English."""

    def __init__(self, code: Code, description: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.description = description


class StepMissing(ProtocolError):
    """A sign-in is worth nothing until its person has taken a step. `acr`: what a new request asks for to get there."""

    def __init__(self, acr: str) -> None:
        super().__init__(Code.INVALID_GRANT, "The person has to verify more first.")
        self.acr = acr
