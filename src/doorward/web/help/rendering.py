"""From a guide's Markdown to a page: once for each language, kept in the process.

In the Markdown, `{{…}}` is the label of something in the portal, as it reads in the guide's language, so that a
guide says what the page says; `{{brand}}` and `{{support}}` are who stands behind the portal. `{#name}` after a
heading is its anchor. A picture stands alone in its paragraph: `![what it shows](name "what is said below it")`; one
whose name begins with `film/` is a film. What that says stands in `film-….md`, beside the guides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.utils import translation
from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from doorward.web.help.film import PREFIX, film
from doorward.web.help.pictures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

FOLDER: Final = Path(__file__).parent / "guides"
WRITTEN_IN: Final = ("en", "de")
SLUGS: Final = (
    "two-factor",
    "lost-phone",
    "for-account-administrators",
    "for-support-staff",
)
LABEL: Final = re.compile(r"\{\{(?!brand\}\}|support\}\})(.+?)\}\}")
_ANCHOR: Final = re.compile(r"\s*\{#([a-z][a-z0-9-]*)\}\s*$")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its anchor, for the list of contents."""

    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as it was rendered; in `lead` and `html` the brand is still to be filled in."""

    slug: str
    language: str
    title: str
    lead: Markup
    html: Markup
    sections: tuple[Section, ...]

    @property
    def plays(self) -> bool:
        """Whether a film is in it."""
        return "<video" in self.html


def guide(slug: str) -> Guide:
    """Return a guide in the reader's language, or in English where it was not written in that."""
    asked = (translation.get_language() or "en").partition("-")[0]
    return _guide(slug, asked if asked in WRITTEN_IN else WRITTEN_IN[0])


def fill_in(html: Markup, *, brand: str, support: Markup) -> Markup:
    """Put the brand's name and how its support is reached into a guide."""
    filled = str(html).replace("{{brand}}", str(escape(brand))).replace("{{support}}", support)
    return Markup(filled)  # noqa: S704 - rendered by us from files of ours; the brand's name is escaped


def with_labels(text: str, language: str) -> str:
    """Put the labels of the portal, as they read in a language, into a text."""
    with translation.override(language):
        return LABEL.sub(lambda label: gettext(label[1]), text)


@cache
def _guide(slug: str, language: str) -> Guide:
    source = (FOLDER / language / f"{slug}.md").read_text(encoding="utf-8")
    text = with_labels(source, language)
    renderer = MarkdownIt("commonmark", {"html": False})
    tokens = renderer.parse(text)
    sections = tuple(_take_anchors(tokens))
    title, lead = tokens[1].content, tokens[3:6]
    _draw_pictures(tokens, language)
    body = renderer.renderer.render(tokens[6:], renderer.options, {})
    return Guide(
        slug=slug,
        language=language,
        title=title,
        lead=Markup(renderer.renderer.render([lead[1]], renderer.options, {})),  # noqa: S704
        html=Markup(body),  # noqa: S704 - rendered from files of ours, with their HTML escaped
        sections=sections,
    )


def _take_anchors(tokens: Sequence[Token]) -> list[Section]:
    """Move the anchors out of the headings' words into their `id`."""
    sections = []
    for opening, words in pairwise(tokens):
        if opening.type != "heading_open" or not words.children:
            continue
        last = words.children[-1]
        found = _ANCHOR.search(last.content)
        if found is None:
            continue
        last.content = last.content[: found.start()]
        title = _ANCHOR.sub("", words.content)
        opening.attrSet("id", found[1])
        sections.append(Section(anchor=found[1], title=title))
    return sections


def _draw_pictures(tokens: list[Token], language: str) -> None:
    """Make a figure of each paragraph that is nothing but a picture."""
    for place, token in enumerate(tokens):
        only = token.children[0] if token.children and len(token.children) == 1 else None
        if token.type != "inline" or only is None or only.type != "image":
            continue
        name, caption = str(only.attrs["src"]), str(only.attrs.get("title", ""))
        said = {"alt": only.content, "caption": caption}
        if name.startswith(PREFIX):
            drawn = film(name.removeprefix(PREFIX), language, **said)
        else:
            drawn = figure(name, language, **said)
        token.type, token.content, token.children = "html_block", drawn, None
        for paragraph in (tokens[place - 1], tokens[place + 1]):
            paragraph.hidden = True
