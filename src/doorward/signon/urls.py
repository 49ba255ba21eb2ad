"""Addresses of the OpenID provider."""

from django.urls import path

from doorward.signon import authorize, discovery, logout, shown_tokens, token

urlpatterns = [
    path(".well-known/openid-configuration", discovery.configuration, name="oidc_configuration"),
    path("oidc/jwks/", discovery.keys_, name="oidc_jwks"),
    path("oidc/authorize/", authorize.authorize, name="oidc_authorize"),
    path("oidc/par/", token.push, name="oidc_par"),
    path("oidc/token/", token.token, name="oidc_token"),
    path("oidc/userinfo/", shown_tokens.userinfo, name="oidc_userinfo"),
    path("oidc/introspect/", shown_tokens.introspect, name="oidc_introspect"),
    path("oidc/revoke/", shown_tokens.revoke, name="oidc_revoke"),
    path("oidc/logout/", logout.logout, name="oidc_logout"),
    path("oidc/logout/confirm/", logout.confirm, name="oidc_logout_confirm"),
]
