"""As much of a browser as a threat needs: cookies, forms with their token, and headers that nobody would send."""

from __future__ import annotations

import http.client
import re
import ssl
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS: Final = 20
_MOST: Final = 4 * 1024 * 1024
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_NAME: Final = "Doorward selftest"


class NoAnswer(Exception):
    """Nobody answers there. Says where, and why."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where the installation answers (`address`), and by which origin its people know it."""

    address: str
    origin: str

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        parts = urlsplit(self.address)
        host = parts.hostname or ""
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, parts.port, timeout=_SECONDS, context=context)
        return http.client.HTTPConnection(host, parts.port, timeout=_SECONDS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def to(self) -> str:
        """The path that it leads to; empty: nowhere."""
        return urlsplit(self.headers.get("Location", "")).path

    @property
    def set_cookies(self) -> list[str]:
        """The cookies that it sets, as they are written."""
        return self.headers.get_all("Set-Cookie") or []


@dataclass(slots=True)
class Browser:
    """One browser. `wrong`: how many proofs in it were refused, each of which is counted for its address."""

    target: Target
    cookies: dict[str, str] = field(default_factory=dict)
    page: str = ""
    wrong: int = 0
    seen: list[Answer] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page, and stay on it; nothing is followed."""
        answer = self.ask("GET", path, headers=_headers(headers))
        self.page = answer.body
        return answer

    def post(self, path: str, /, **fields: str) -> Answer:
        """Send a form with the token that this browser has now."""
        return self.send(path, {**fields, "csrfmiddlewaretoken": self.token(path)})

    def token(self, path: str) -> str:
        """Return the token for a form: of the page that is open, else of the form's own, or of where that leads."""
        for page in ("", path, "/profile/", "/sign-in/"):
            answer = self.get(page) if page else None
            if answer is not None and answer.to:
                self.get(answer.to)
            if found := _TOKEN.search(self.page):
                return found[1]
        return ""

    def send(self, path: str, fields: Mapping[str, str], **headers: str) -> Answer:
        """Send a form as it is."""
        answer = self.ask("POST", path, body=urlencode(fields), headers=_headers(headers))
        # A step up gives forms another token.
        self.page = ""
        if answer.status == http.client.UNPROCESSABLE_ENTITY and path.startswith("/sign-in/"):
            self.wrong += 1
        return answer

    def ask(
        self, method: str, path: str, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a request, and keep the cookies. Raises `NoAnswer`."""
        link = self.target.connect()
        given = {
            "Host": urlsplit(self.target.origin).netloc,
            "User-Agent": _NAME,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Connection": "close",
        }
        if method == "POST":
            given |= {"Origin": self.target.origin, "Content-Length": str(len(body))}
            given |= {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            link.request(method, path, body=body or None, headers=given | dict(headers or {}))
            came = link.getresponse()
            answer = Answer(came.status, came.headers, came.read(_MOST).decode(errors="replace"))
        except (OSError, http.client.HTTPException) as error:
            said = getattr(error, "strerror", None) or type(error).__name__
            raise NoAnswer(f"{self.target.address} does not answer: {said}") from error
        finally:
            link.close()
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        self.seen.append(answer)
        for line in answer.set_cookies:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}
