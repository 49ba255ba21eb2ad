"""A small Django application that signs people in with mozilla-django-oidc; a process of its own.

`python django_application.py FOLDER PORT`, with what it needs to know of the provider as JSON on its input.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import make_server

import django
import jwt
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import include, path

if TYPE_CHECKING:
    from django.http import HttpRequest

# After so long the person is asked for anew, without a page (`prompt=none`).
_RENEWED_EVERY = 1


def configure(folder: str, given: dict[str, Any]) -> None:
    """Set Django up, as the guide of mozilla-django-oidc says."""
    issuer = given["issuer"]
    settings.configure(
        SECRET_KEY=given["secret"],
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/application"}
        },
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "mozilla_django_oidc",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "mozilla_django_oidc.middleware.SessionRefresh",
        ],
        AUTHENTICATION_BACKENDS=["mozilla_django_oidc.auth.OIDCAuthenticationBackend"],
        OIDC_RP_CLIENT_ID=given["client_id"],
        OIDC_RP_CLIENT_SECRET=given["secret"],
        OIDC_RP_SIGN_ALGO="RS256",
        OIDC_RP_SCOPES="openid email",
        OIDC_OP_AUTHORIZATION_ENDPOINT=f"{issuer}/oidc/authorize/",
        OIDC_OP_TOKEN_ENDPOINT=f"{issuer}/oidc/token/",
        OIDC_OP_USER_ENDPOINT=f"{issuer}/oidc/userinfo/",
        OIDC_OP_JWKS_ENDPOINT=f"{issuer}/oidc/jwks/",
        OIDC_USE_PKCE=True,
        OIDC_STORE_ID_TOKEN=True,
        OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS=_RENEWED_EVERY,
        LOGIN_REDIRECT_URL="/",
        LOGIN_REDIRECT_URL_FAILURE="/failed/",
    )
    django.setup()
    call_command("migrate", verbosity=0)


def home(request: HttpRequest) -> HttpResponse:
    """Say who is signed in, and what the provider said of them."""
    if not request.user.is_authenticated:
        return redirect("/oidc/authenticate/?next=/")
    said = jwt.decode(request.session["oidc_id_token"], options={"verify_signature": False})
    return JsonResponse({"email": getattr(request.user, "email", ""), "acr": said["acr"]})


def failed(_request: HttpRequest) -> HttpResponse:
    """Say that nobody is signed in."""
    return JsonResponse({"email": None})


urlpatterns: list[Any] = [
    path("", home),
    path("failed/", failed),
]

if __name__ == "__main__":
    configure(sys.argv[1], json.loads(sys.stdin.readline()))
    # It reads the settings as soon as it is imported.
    urlpatterns += [path("oidc/", include("mozilla_django_oidc.urls"))]
    with make_server("127.0.0.1", int(sys.argv[2]), get_wsgi_application()) as server:
        server.serve_forever()
