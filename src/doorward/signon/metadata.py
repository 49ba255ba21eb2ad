"""What the provider says of itself (OpenID Connect Discovery 1.0, 3; RFC 8414, 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorward.applications import claims, rules
from doorward.applications.models import Algorithm, SubjectType
from doorward.gate.assurance import Assurance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Where each endpoint stands under an issuer.
ENDPOINTS: Final = {
    "authorization_endpoint": "/oidc/authorize/",
    "token_endpoint": "/oidc/token/",
    "userinfo_endpoint": "/oidc/userinfo/",
    "jwks_uri": "/oidc/jwks/",
    "pushed_authorization_request_endpoint": "/oidc/par/",
    "introspection_endpoint": "/oidc/introspect/",
    "revocation_endpoint": "/oidc/revoke/",
    "end_session_endpoint": "/oidc/logout/",
}
CLAIMS: Final = (
    "sub",
    "iss",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "act",
    "at_hash",
    "sid",
    *claims.OF_ALL,
)
_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")


# The same of every issuer.
_SAME: Final[Mapping[str, Any]] = {
    "scopes_supported": list(rules.SCOPES),
    "response_types_supported": ["code"],
    "response_modes_supported": ["query", "form_post"],
    "grant_types_supported": ["authorization_code", "refresh_token"],
    "code_challenge_methods_supported": ["S256"],
    "subject_types_supported": list(SubjectType.values),
    "id_token_signing_alg_values_supported": list(Algorithm.values),
    # `none`: of applications that cannot keep a secret, with PKCE.
    "token_endpoint_auth_methods_supported": [*_METHODS, "none"],
    "token_endpoint_auth_signing_alg_values_supported": list(rules.CLIENT_ALGORITHMS),
    "introspection_endpoint_auth_methods_supported": list(_METHODS),
    "introspection_endpoint_auth_signing_alg_values_supported": list(rules.CLIENT_ALGORITHMS),
    "revocation_endpoint_auth_methods_supported": [*_METHODS, "none"],
    "revocation_endpoint_auth_signing_alg_values_supported": list(rules.CLIENT_ALGORITHMS),
    "acr_values_supported": list(Assurance),
    "claims_supported": list(CLAIMS),
    "claims_parameter_supported": True,
    "request_parameter_supported": False,
    "request_uri_parameter_supported": False,
    "require_pushed_authorization_requests": False,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "authorization_response_iss_parameter_supported": True,
    "prompt_values_supported": ["none", "login"],
}


def metadata(issuer: str, *, languages: Sequence[str]) -> dict[str, Any]:
    """Return the document of one issuer."""
    return {
        "issuer": issuer,
        **{name: f"{issuer}{path}" for name, path in ENDPOINTS.items()},
        **_SAME,
        "ui_locales_supported": list(languages),
    }


def audiences(issuer: str) -> tuple[str, ...]:
    """Return whom a client's assertion may be for: the issuer, or where it goes (RFC 7523, 3; RFC 9126, 2)."""
    asked = (
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
    )
    return (issuer, *(f"{issuer}{ENDPOINTS[name]}" for name in asked))
