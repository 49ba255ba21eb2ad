"""A person who is led to the portal by an application, does what its pages ask, and is led back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from tests.browser.authenticator import Authenticator

if TYPE_CHECKING:
    from tests.browser.portal import Somebody

_MOST_STEPS: Final = 20
_REDIRECTS: Final = frozenset({301, 302, 303, 307})


@dataclass(frozen=True, slots=True)
class Landed:
    """Where somebody leaves the portal, and what their browser posts there; None: it follows a link."""

    url: str
    fields: dict[str, str] | None = None


@dataclass
class Visitor:
    """A browser with cookies of its own, and who sits there. `pages`: the names of all that they were shown."""

    who: Somebody
    pages: list[str] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    def visit(self, url: str) -> Landed:
        """Follow an address, and do what is asked, until an address of somebody else's comes."""
        answer = self.session.get(url, allow_redirects=False)
        for _ in range(_MOST_STEPS):
            if answer.status_code in _REDIRECTS:
                onward = urljoin(answer.url, answer.headers["Location"])
            else:
                landed = self._left_by(answer)
                if landed is not None:
                    return landed
                answer = self._do(answer)
                continue
            if not self._is_ours(onward):
                return Landed(onward)
            answer = self.session.get(onward, allow_redirects=False)
        raise AssertionError(f"It goes round and round: {self.pages}")

    def use(self, address: str) -> requests.Response:
        """Open a page of an application; return it, after it was left for the portal as often as it leads there."""
        answer = self.session.get(address, allow_redirects=False)
        for _ in range(_MOST_STEPS):
            if answer.status_code not in _REDIRECTS:
                return answer
            onward = urljoin(answer.url, answer.headers["Location"])
            landed = self.visit(onward) if self._is_ours(onward) else Landed(onward)
            answer = (
                self.session.get(landed.url, allow_redirects=False)
                if landed.fields is None
                else self.session.post(landed.url, landed.fields, allow_redirects=False)
            )
        raise AssertionError(f"It goes round and round: {self.pages}")

    def sign_out(self) -> None:
        """Sign out in the portal, by the form of any of its pages."""
        page = self.session.get(f"{self.who.portal.address}/security/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text
        sent = {"csrfmiddlewaretoken": token[1]}
        out = f"{self.who.portal.address}/sign-out/"
        self.session.post(out, sent, headers={"Referer": page.url}, allow_redirects=False)

    def _left_by(self, answer: requests.Response) -> Landed | None:
        onward = answer.headers.get("Refresh", "").partition("url=")[2]
        if onward and not self._is_ours(onward):
            return Landed(onward)
        form = re.search(r'action="([^"]+)"\s+data-sends-itself', answer.text)
        return Landed(unescape(form[1]), _fields(answer.text)) if form else None

    def _do(self, answer: requests.Response) -> requests.Response:
        """Fill in the form of the page that is shown."""
        found = re.search(r'data-page="([^"]+)"', answer.text)
        page = found[1] if found else ""
        self.pages.append(page)
        assert answer.status_code == requests.codes.ok, (answer.url, answer.status_code, page)
        given = self._given(page, answer.text)
        token = _fields(answer.text)["csrfmiddlewaretoken"]
        heading = dict(parse_qsl(urlsplit(answer.url).query)).get("next", "")
        sent = {"csrfmiddlewaretoken": token, "next": heading} | given
        path = answer.url.partition("?")[0]
        return self.session.post(path, sent, headers={"Referer": answer.url}, allow_redirects=False)

    def _given(self, page: str, text: str) -> dict[str, str]:
        match page:
            case "sign-in":
                return {"email": self.who.email, "password": self.who.password}
            case "sign-in-code":
                return {"code": self.who.code()}
            case "prove":
                has_app = self.who.phone is not None
                return {"code": self.who.code()} if has_app else {"password": self.who.password}
            case "sign-in-mailbox":
                return {"code": self.who.portal.ask("mailbox_code", email=self.who.email)}
            case "sign-in-set-up":
                key = re.search(r'id="manual-code">([^<]+)<', text)
                assert key
                self.who.phone = Authenticator.of_text(key[1])
                return {"code": self.who.code(), "name": ""}
            case "recovery-codes":
                return {"saved": "on"}
        raise AssertionError(f"Nobody knows what to do with the page {page}: {text[:2000]}")

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.who.portal.address)[:2] or url.startswith("/")


def _fields(text: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: unescape(value) for name, value in found}
