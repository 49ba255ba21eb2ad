"""Addresses of forward-auth: what proxies ask, what they pass on from a site's own host, and the way in between."""

from django.urls import path

from doorward.signon.forward import at_site, forward_auth, start

urlpatterns = [
    path("forward-auth/", forward_auth.ask, name="forward_auth"),
    path("forward-auth/start/", start.start, name="forward_auth_start"),
    path(".doorward/sign-in/", at_site.sign_in, name="site_sign_in"),
    path(".doorward/sign-out/", at_site.sign_out, name="site_sign_out"),
]
