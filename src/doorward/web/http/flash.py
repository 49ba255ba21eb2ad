"""What went well, told on the page after the redirect: a signed cookie, as safe as the session's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage

if TYPE_CHECKING:
    from django.http import HttpResponse


class Storage(CookieStorage):
    """Django's cookie storage, under a name that a sibling host cannot set (`__Host-`).

    Most pages have nothing to tell: for them no cookie is taken back that is not there.
    """

    cookie_name = settings.DOORWARD.cookie_name("messages")

    def _update_cookie(self, encoded_data: str, response: HttpResponse) -> None:
        if encoded_data or self.cookie_name in self.request.COOKIES:
            super()._update_cookie(encoded_data, response)  # type: ignore[misc]  # not in the stubs
