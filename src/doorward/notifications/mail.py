"""Where mail goes: to Django's e-mail backend. Ours are a server by SMTP, and a folder.

`DOORWARD_EMAIL_URL` chooses between the two; whoever has settings of their own may name any other of Django's in
`EMAIL_BACKEND`.
"""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend

from doorward.accounts.models import MailProblem
from doorward.kernel import atomic_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from email.message import Message

    from django.core.mail import EmailMessage

# Answers to a recipient that speak of the connection: out of order, or to log in first (RFC 5321; RFC 4954, 6).
_ABOUT_US = frozenset({500, 502, 503, 530, 534, 535, 538})
# No mailbox of that name here, not local, not allowed as a name (RFC 5321, 4.2.2).
_UNKNOWN = frozenset({550, 551, 553})
_ENHANCED = re.compile(rb"5\.(\d{1,3})\.(\d{1,3})\b")
# For one answer of the server, and for one message as a whole (less than a delivery's lease).
STEP_SECONDS = 15
SECONDS = 90


class Mail(EmailMultiAlternatives):
    """Django's message, made once. `name` is that of its file, where it goes into a folder."""

    def __init__(self, *, name: str, **rest: Any) -> None:  # noqa: ANN401 - Django's own words
        super().__init__(**rest)
        self.name = name
        self._made: Any = None

    def message(self) -> Any:  # noqa: ANN401 - one of Django's own kinds
        """Return it as it is sent, the same each time; what cannot be made fails at the first."""
        if self._made is None:
            self._made = super().message()
        return self._made


class NotSent(Exception):
    """The message was not sent; it says why without a word of the server's, which may quote it.

    `problem`: the mailbox will not take it, however often it is tried; none: it is tried again.
    """

    def __init__(self, said: str, problem: MailProblem = MailProblem.NO) -> None:
        super().__init__(said)
        self.problem = problem


@contextmanager
def open_mail() -> Iterator[Callable[[Mail], None]]:
    """Return the function that sends one message, or raises `NotSent`; a connection stays for the next."""
    connection = get_connection()
    try:
        yield lambda mail: _send(mail, connection)
    finally:
        _close(connection)


def _send(mail: Mail, connection: BaseEmailBackend) -> None:
    mail.message()
    try:
        connection.send_messages([mail])
    except Exception as error:  # noqa: BLE001 - of any backend: the message is there, and it did not go
        problem = refused_for_good(error)
        if not problem:
            _close(connection)
        # `from None`: what the server said can quote the message, and a traceback would show it.
        raise NotSent(_said(error), problem) from None


def _close(connection: BaseEmailBackend) -> None:
    """Say good-bye where anybody still listens."""
    with suppress(smtplib.SMTPException, OSError):
        connection.close()


class FolderBackend(BaseEmailBackend):
    """One .eml in a folder for each message, whole or not at all; the same message again is the same file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write them. Raises OSError."""
        folder = settings.DOORWARD.mail_server.folder
        atomic_files.make_folder(folder)
        for mail in email_messages:
            made: Message = mail.message()
            name = mail.name if isinstance(mail, Mail) else made["Message-ID"].strip("<>")
            content = made.as_bytes(linesep="\r\n")  # type: ignore[call-arg]
            atomic_files.write_whole(folder / f"{name}.eml", content)
        return len(email_messages)


class SmtpBackend(smtp.EmailBackend):
    """Django's, for the server of `DOORWARD_EMAIL_URL`: no message takes longer than `SECONDS`."""

    def __init__(self, **rest: Any) -> None:  # noqa: ANN401 - Django's own words
        server = settings.DOORWARD.mail_server
        super().__init__(
            host=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.security == "starttls",
            use_ssl=server.security == "tls",
            **rest,
        )

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send them over a connection that stays open for the next ones. Raises what smtplib does."""
        self.open()
        return sum(map(self._send, email_messages))  # type: ignore[attr-defined]

    def open(self) -> bool:
        """Connect, unless a connection still answers. Raises what smtplib does.

        Not Django's own: that asks the name service for this machine's name, which can take long, and keeps a
        connection that the server has left.
        """
        deadline, old = time.monotonic() + SECONDS, self.connection
        if isinstance(old, _Timed):
            old.deadline = deadline
            if _answers(old):
                return False
            old.close()
        # Said to the server.
        here = urlsplit(settings.DOORWARD.origin).hostname or "localhost"
        context = ssl.create_default_context()
        options: dict[str, Any] = {"context": context} if self.use_ssl else {}
        new = (_Tls if self.use_ssl else _Timed)(
            self.host, self.port, local_hostname=here, timeout=STEP_SECONDS, **options
        )
        self.connection, new.deadline = new, deadline
        try:
            self._secure_and_sign_in(new, context)
        except BaseException:
            self.connection = None
            new.close()
            raise
        return True

    def _secure_and_sign_in(self, new: smtplib.SMTP, context: ssl.SSLContext) -> None:
        if self.use_tls:
            # Raises where the server does not offer it: then nothing goes out in the clear.
            new.starttls(context=context)
        if self.username:
            new.login(self.username, self.password)


class _Timed(smtplib.SMTP):
    """smtplib's, which takes no longer for a message than its deadline, and passwords beyond ASCII."""

    deadline = float("inf")

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer, or raise TimeoutError where the time for the message is over."""
        if time.monotonic() > self.deadline:
            raise TimeoutError
        return super().getreply()

    def login(self, user: str, password: str, **rest: Any) -> tuple[int, bytes]:  # noqa: ANN401 - smtplib's
        """Log in; beyond ASCII by PLAIN in UTF-8 (RFC 4616), which smtplib cannot."""
        if user.isascii() and password.isascii():
            return super().login(user, password, **rest)
        self.ehlo_or_helo_if_needed()
        if "PLAIN" not in self.esmtp_features.get("auth", "").upper().split():
            raise smtplib.SMTPNotSupportedError
        given = b"\0".join((b"", user.encode(), password.encode()))
        code, answer = self.docmd("AUTH", f"PLAIN {base64.b64encode(given).decode()}")
        if code != 235:  # noqa: PLR2004 - RFC 4954, 4: authentication succeeded
            raise smtplib.SMTPAuthenticationError(code, b"")
        return code, answer


class _Tls(_Timed, smtplib.SMTP_SSL):
    pass


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
