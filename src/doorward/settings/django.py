"""Django's settings, made from `doorward.environment` and nothing else."""

from __future__ import annotations

import base64
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from doorward import environment
from doorward.kernel import atomic_files, file_permissions
from doorward.kernel.crypto import keyring, keys_command
from doorward.operations import demonstration
from doorward.settings import database, logs
from doorward.web.http import csp

PACKAGE = Path(__file__).resolve().parent.parent
WEB = PACKAGE / "web"

DOORWARD = environment.load()
demonstration.refuse_other(DOORWARD)
# Before anything is made: whoever serves this, and under whatever umask.
os.umask(file_permissions.UMASK)
atomic_files.make_folder(DOORWARD.data_dir)
for sentence in file_permissions.close(DOORWARD.data_dir, DOORWARD.sqlite_file, keys=DOORWARD.keys):
    sys.stderr.write(f"{sentence}\n")
# Where a key file has to be made, it says when.
KEYS = (
    keys_command.CommandedKeys(DOORWARD.keys_command)
    if DOORWARD.keys_command
    else keyring.KeyFile(DOORWARD.keys, now=datetime.now(UTC))  # noqa: TID251
)

DEBUG = False
SECRET_KEY, *SECRET_KEY_FALLBACKS = (
    base64.b64encode(keyring.derive(key, "django")).decode() for key in KEYS.ring.keys
)

INSTALLED_APPS = [
    "doorward.kernel",
    "doorward.audit",
    "doorward.customers",
    "doorward.policy",
    "doorward.sessions",
    "doorward.accounts",
    "doorward.credentials",
    "doorward.directory",
    "doorward.applications",
    "doorward.signin",
    "doorward.rollout",
    "doorward.recovery",
    "doorward.managing",
    "doorward.importing",
    "doorward.notifications",
]
# From the outside in. Whatever answers, has the first two's headers; files are answered before
# anything of a page is done.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "doorward.web.http.edge.Edge",
    "doorward.web.http.static_files.Files",
    "doorward.web.http.csp_nonce.ContentSecurityPolicy",
    "doorward.web.fast.page_language.Language",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "doorward.web.http.gate.Gate",
]
ROOT_URLCONF = "doorward.settings.urls"

# The brand is chosen by the host's name; which names there are, brands say, and the gate asks them
# (`customers.cached.is_known_host`). Links, the relying party and cookies never come from it.
ALLOWED_HOSTS = ["*"]

# --- data -----------------------------------------------------------------------------------------

DATABASES = database.describe(DOORWARD)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.Administrator"
PASSWORD_HASHERS = [
    "doorward.credentials.password.hashers.KeyedArgon2id",
    "doorward.credentials.password.hashers.Argon2id",  # of hashes from before: renewed at the next sign-in
    "doorward.credentials.password.hashers.TakenOver",  # of other systems: renewed in the same way
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
# Never as a file: there may be secrets in what is uploaded. How much is bounded before: `web/server/body_limits.py`.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# --- mail -----------------------------------------------------------------------------------------

# Any other of Django's serves as well, in a settings module that begins with this one.
EMAIL_BACKEND = DOORWARD.mail_server.backend

# --- pages ----------------------------------------------------------------------------------------

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [
            *sorted(WEB.glob("*/templates")),
            PACKAGE / "signon" / "templates",
            PACKAGE / "notifications" / "templates",
            PACKAGE / "operations" / "evidence" / "templates",
            PACKAGE / "demo" / "mail" / "templates",
            PACKAGE / "demo" / "behind" / "templates",
        ],
        "OPTIONS": {"environment": "doorward.web.kit.jinja.environment"},
    }
]
MESSAGE_STORAGE = "doorward.web.http.flash.Storage"

STATIC_URL = "/static/"
# What WhiteNoise does not know, and a browser that is told not to guess needs to be told.
WHITENOISE_MIMETYPES = {".vtt": "text/vtt"}
STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [PACKAGE / "locale"]

# --- cookies and headers --------------------------------------------------------------------------

SESSION_COOKIE_NAME = DOORWARD.cookie_name("session")
SESSION_COOKIE_SECURE = DOORWARD.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = DOORWARD.cookie_name("csrf")
CSRF_COOKIE_SECURE = DOORWARD.https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "doorward.web.http.old_form.refused"
LANGUAGE_COOKIE_NAME = DOORWARD.cookie_name("language")
LANGUAGE_COOKIE_SECURE = DOORWARD.https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

SECURE_HSTS_SECONDS = 365 * 24 * 3600 if DOORWARD.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
# Not no-referrer: with it a browser sends `Origin: null`, and the form of that page is refused.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = csp.POLICY

# In a demonstration the terminal is for its sign-ins; what goes wrong is written there, too.
LOGGING = logs.configuration(DOORWARD.log_format, level="WARNING" if DOORWARD.demo else "INFO")
