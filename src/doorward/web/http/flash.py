"""What went well, told on the page after the redirect: a signed cookie, as safe as the session's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import signing
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class Storage(CookieStorage):
    """Django's cookie storage, under a name that a sibling host cannot set (`__Host-`).

    Most pages have nothing to tell: for them no signer is made, and no cookie taken back that is not there.
    """

    cookie_name = settings.DOORWARD.cookie_name("messages")

    def __init__(self, request: HttpRequest) -> None:
        BaseStorage.__init__(self, request)

    @cached_property
    def signer(self) -> signing.TimestampSigner:
        """What signs the cookie."""
        return signing.get_cookie_signer(salt=self.key_salt)  # type: ignore[attr-defined]  # not in the stubs

    def _update_cookie(self, encoded_data: str, response: HttpResponse) -> None:
        if encoded_data or self.cookie_name in self.request.COOKIES:
            super()._update_cookie(encoded_data, response)  # type: ignore[misc]  # not in the stubs
