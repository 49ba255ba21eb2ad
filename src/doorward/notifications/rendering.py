"""From a letter to text: one template a message, rendered once as text and once as HTML.

A message says its words in blocks; `layout.txt` and `layout.html` say how they are set.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils import translation
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from doorward.customers.colour import make_accent

if TYPE_CHECKING:
    from doorward.notifications.messages import Message

TEMPLATES: Final = Path(__file__).parent / "templates" / "notifications"
_WIDTH: Final = 76
_BLANK_LINE: Final = re.compile(r"\n\s*\n")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words."""

    subject: str
    text: str
    html: str


def render(message: Message, *, letter: object, accent: str) -> Rendered:
    """Render a message in the active language."""
    speech = {"code": translation.get_language(), "rtl": translation.get_language_bidi()}
    context = {"letter": letter, "speech": speech, "accent": make_accent(accent)}
    plain = _environment(html=False).get_template(f"messages/{message}.txt")
    subject = "".join(plain.blocks["subject"](plain.new_context(context)))
    text = plain.render(context)
    html = _environment(html=True).get_template(f"messages/{message}.txt").render(context)
    return Rendered(
        subject=" ".join(subject.split()),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=html.strip() + "\n",
    )


@cache
def _environment(*, html: bool) -> Environment:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,  # noqa: S701 - text is not HTML, and HTML is escaped
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        gettext=translation.gettext,
        ngettext=translation.ngettext,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
        newstyle=True,
    )
    env.globals["layout"] = "layout.html" if html else "layout.txt"
    env.globals["anchor"] = _html_anchor if html else _text_anchor
    env.filters["paragraphs"] = _html_paragraphs if html else _text_paragraphs
    return env


def _text_paragraphs(text: str) -> str:
    return "\n\n".join(_wrap(paragraph) for paragraph in _split(text))


def _html_paragraphs(text: str) -> Markup:
    return Markup("\n").join(Markup("<p>{}</p>").format(Markup(part)) for part in _split(text))  # noqa: S704 - rendered with escaping


def _text_anchor(address: str, text: str) -> str:
    # RFC 3986, appendix C: the brackets say where an address ends.
    return f"{text} <{address}>"


def _html_anchor(address: str, text: str) -> Markup:
    return Markup('<a href="{}">{}</a>').format(escape(address), text)


def _split(text: str) -> list[str]:
    return [part.strip() for part in _BLANK_LINE.split(str(text)) if part.strip()]


def _wrap(paragraph: str) -> str:
    # An address is never broken: mail programs would open half of it.
    return textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)
