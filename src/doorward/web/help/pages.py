"""What the help pages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

    from doorward.web.help.rendering import Section


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A guide with the brand filled in; `foreign`: it is not in the language of the page, and of `name`.

    `plays`: a film is in it.
    """

    slug: str
    name: str
    title: str
    lead: Markup
    html: Markup
    sections: tuple[Section, ...]
    language: str
    foreign: bool
    plays: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A guide in the list of all."""

    title: str
    lead: Markup
    url: str
    icon: str


@dataclass(frozen=True, slots=True)
class IndexPage:
    """All guides."""

    entries: list[Entry]
    language: str
    foreign: bool
