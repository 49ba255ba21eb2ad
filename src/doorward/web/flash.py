"""What went well, told on the page after the redirect: a signed cookie, as safe as the session's."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class Storage(CookieStorage):
    """Django's cookie storage under a name that a sibling host cannot set (`__Host-`)."""

    cookie_name = f"{settings.HOST_PREFIX}messages"
