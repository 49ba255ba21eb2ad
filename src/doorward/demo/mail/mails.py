"""Reading the demonstration's mail: the .eml files that the worker wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import Http404
from markupsafe import Markup

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage, Message
    from pathlib import Path

SHOWN: Final = 200
_NAME: Final = re.compile(r"[0-9TZ.-]+")
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")
_HEAD: Final = "<head>"


@dataclass(frozen=True, slots=True)
class MailLine:
    """One message in the list."""

    name: str
    to: str
    sender: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MailPage:
    """One message."""

    line: MailLine
    text: Markup


@dataclass(frozen=True, slots=True)
class MailListPage:
    """The newest messages, the newest first."""

    lines: list[MailLine]
    total: int


def newest() -> MailListPage:
    """Return the newest messages."""
    files = sorted(_folder().glob("*.eml"), reverse=True)
    return MailListPage(lines=[_line(file) for file in files[:SHOWN]], total=len(files))


def open_mail(name: str) -> MailPage:
    """Return one message. Raises Http404."""
    file, message = _read(name)
    return MailPage(line=_line(file), text=_with_links(_part(message, "plain")))


def html_of(name: str) -> str:
    """Return the HTML of one message, whose links leave the frame that it is shown in. Raises Http404."""
    _file, message = _read(name)
    return _part(message, "html").replace(_HEAD, f'{_HEAD}<base target="_top">', 1)


def _folder() -> Path:
    return settings.DOORWARD.mail_server.folder


def _read(name: str) -> tuple[Path, EmailMessage]:
    file = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise Http404
    return file, message_from_bytes(file.read_bytes(), policy=policy.default)


def _line(file: Path) -> MailLine:
    with file.open("rb") as opened:
        head: Message = BytesHeaderParser(policy=policy.default).parse(opened)
    return MailLine(
        name=file.stem,
        to=str(head["To"]),
        sender=str(head["From"]),
        subject=str(head["Subject"]),
        at=parsedate_to_datetime(str(head["Date"])),
    )


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()) if body else ""


def _with_links(text: str) -> Markup:
    """Return the text as paragraphs, its addresses as links."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return Markup("\n").join(Markup("<p>{}</p>").format(_linked(part)) for part in paragraphs)


def _linked(text: str) -> Markup:
    made, last = Markup(), 0
    for found in _ADDRESS.finditer(text):
        address = found.group()
        made += text[last : found.start()]
        made += Markup('<a href="{0}">{0}</a>').format(address)
        last = found.end()
    return (made + text[last:]).replace("\n", Markup("<br>\n"))
