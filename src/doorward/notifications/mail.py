"""Where mail goes: to a server by SMTP, or into files. `open_mail` gives what sends one message."""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from doorward.accounts.models import MailProblem
from doorward.kernel import files

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from doorward.environment import MailServer

# Answers to a recipient that speak of the connection: out of order, or to log in first (RFC 5321; RFC 4954, 6).
_ABOUT_US = frozenset({500, 502, 503, 530, 534, 535, 538})
# No mailbox of that name here, not local, not allowed as a name (RFC 5321, 4.2.2).
_UNKNOWN = frozenset({550, 551, 553})
_ENHANCED = re.compile(rb"5\.(\d{1,3})\.(\d{1,3})\b")
# For one answer of the server, and for one message as a whole (less than a delivery's lease).
STEP_SECONDS = 15
SECONDS = 90


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way. `sender` and `recipient` are bare addresses; `name` is for a file."""

    message: EmailMessage
    sender: str
    recipient: str
    name: str


Send: TypeAlias = Callable[[Outgoing], None]


class NotSent(Exception):
    """The message was not sent; it says why without a word of the server's, which may quote it.

    `problem`: the mailbox will not take it, however often it is tried; none: it is tried again.
    """

    def __init__(self, said: str, problem: MailProblem = MailProblem.NO) -> None:
        super().__init__(said)
        self.problem = problem


@contextmanager
def open_mail(server: MailServer) -> Iterator[Send]:
    """Return the function that sends one message, or raises `NotSent`; a connection stays for the next."""
    if server.kind == "file":
        yield lambda outgoing: write_file(server.folder, outgoing)
        return
    line = _Line(server)
    try:
        yield line.send
    finally:
        line.close()


def write_file(folder: Path, outgoing: Outgoing) -> None:
    """Write one .eml, whole or not at all; the same message again is the same file."""
    try:
        files.make_folder(folder)
        files.write_whole(folder / f"{outgoing.name}.eml", outgoing.message.as_bytes())
    except OSError as error:
        raise NotSent(_said(error)) from None


class _Line:
    """A connection to the server, made when the first message is there."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def send(self, outgoing: Outgoing) -> None:
        """Send one message. Raises `NotSent`."""
        try:
            smtp = self._connected()
            smtp.sendmail(outgoing.sender, [outgoing.recipient], outgoing.message.as_bytes())
        except (smtplib.SMTPException, OSError) as error:
            problem = refused_for_good(error)
            if not problem:
                self.close()
            # `from None`: what the server said can quote the message, and a traceback would show it.
            raise NotSent(_said(error), problem) from None

    def close(self) -> None:
        """Say good-bye where anybody still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _connected(self) -> smtplib.SMTP:
        deadline = time.monotonic() + SECONDS
        if self._smtp is not None:
            self._smtp.deadline = deadline  # type: ignore[attr-defined]
            if _answers(self._smtp):
                return self._smtp
            self.close()
        self._smtp = _connect(self._server, deadline=deadline)
        return self._smtp


class _Timed:
    """What both of smtplib's classes get: no message takes longer than its deadline."""

    deadline = float("inf")

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer, or raise TimeoutError where the time for the message is over."""
        if time.monotonic() > self.deadline:
            raise TimeoutError
        answer: tuple[int, bytes] = super().getreply()  # type: ignore[misc]
        return answer


class _Plain(_Timed, smtplib.SMTP):
    pass


class _Tls(_Timed, smtplib.SMTP_SSL):
    pass


def _connect(server: MailServer, *, deadline: float) -> smtplib.SMTP:
    # Said to the server. The library's own choice asks the name service, which can take long.
    here = urlsplit(settings.DOORWARD.origin).hostname or "localhost"
    if server.security == "tls":
        smtp: smtplib.SMTP = _Tls(
            server.host,
            server.port,
            local_hostname=here,
            timeout=STEP_SECONDS,
            context=ssl.create_default_context(),
        )
    else:
        smtp = _Plain(server.host, server.port, local_hostname=here, timeout=STEP_SECONDS)
    smtp.deadline = deadline  # type: ignore[attr-defined]
    try:
        if server.security == "starttls":
            # Raises where the server does not offer it: then nothing goes out in the clear.
            smtp.starttls(context=ssl.create_default_context())
        if server.user:
            _log_in(smtp, server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Log in; beyond ASCII by PLAIN in UTF-8 (RFC 4616), which smtplib cannot."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    smtp.ehlo_or_helo_if_needed()
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError
    given = b"\0".join((b"", user.encode(), password.encode()))
    code, _answer = smtp.docmd("AUTH", f"PLAIN {base64.b64encode(given).decode()}")
    if code != 235:  # noqa: PLR2004 - RFC 4954, 4: authentication succeeded
        raise smtplib.SMTPAuthenticationError(code, b"")


def refused_for_good(error: Exception) -> MailProblem:
    """Say why the mailbox will not take this message, however often it is tried; empty: it may yet.

    A 5xx to the recipient or to the message (RFC 5321, 4.2.1) is for good, unless it speaks of something else than
    the two: of us (we have to log in), or by its enhanced code of the system, the network, the protocol (RFC 3463, 2).
    """
    code, text = _answer_about_the_mailbox(error)
    if not 500 <= code <= 599 or code in _ABOUT_US:  # noqa: PLR2004 - a permanent failure
        return MailProblem.NO
    enhanced = _ENHANCED.match(text)
    about = enhanced.group(1) if enhanced else b""
    if about in {b"3", b"4", b"5"}:
        return MailProblem.NO
    if code == 552 or (about == b"2" and enhanced and enhanced.group(2) == b"2"):  # noqa: PLR2004
        return MailProblem.FULL
    return MailProblem.NO_MAILBOX if _is_unknown(error, code, about) else MailProblem.REFUSED


def _answer_about_the_mailbox(error: Exception) -> tuple[int, bytes]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return next(iter(error.recipients.values()), (0, b""))
    if isinstance(error, smtplib.SMTPDataError):
        text = error.smtp_error
        return error.smtp_code, text if isinstance(text, bytes) else text.encode()
    return 0, b""


def _is_unknown(error: Exception, code: int, about: bytes) -> bool:
    if about:
        return about == b"1"
    return isinstance(error, smtplib.SMTPRecipientsRefused) and code in _UNKNOWN


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.noop()[0] == 250  # noqa: PLR2004 - RFC 5321, 4.2.3: OK
    except (smtplib.SMTPException, OSError):
        return False


def _said(error: Exception) -> str:
    """Return an error's name and number, and nothing of what was said."""
    number = getattr(error, "smtp_code", None) or getattr(error, "errno", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        number = next((code for code, _text in error.recipients.values()), None)
    return f"{type(error).__name__} {number}" if number else type(error).__name__
