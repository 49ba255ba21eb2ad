"""Where mail goes: to a server by SMTP, or into files. `open_mail` gives what sends one message."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from doorward.safe import files

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

    from doorward.environment import MailServer

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
    """The message was not sent; it says why without a word of the server's, which may quote it."""


@contextmanager
def open_mail(server: MailServer) -> Iterator[Send]:
    """Give the function that sends one message, or raises `NotSent`; a connection stays for the next."""
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
            self.close()
            # `from None`: what the server said can quote the message, and a traceback would show it.
            raise NotSent(_said(error)) from None

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
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _answers(smtp: smtplib.SMTP) -> bool:
    try:
        return smtp.noop()[0] == 250  # noqa: PLR2004 - RFC 5321, 4.2.3: OK
    except (smtplib.SMTPException, OSError):
        return False


def _said(error: Exception) -> str:
    """Give an error's name and number, and nothing of what was said."""
    number = getattr(error, "smtp_code", None) or getattr(error, "errno", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        number = next((code for code, _text in error.recipients.values()), None)
    return f"{type(error).__name__} {number}" if number else type(error).__name__
