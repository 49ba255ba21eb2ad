"""A brand, and a tab of the provider's own, as pages and mails need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import get_language

from doorward.customers import portal_address

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.customers.contact import Contact


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a brand has, and its size in pixels."""

    kind: str
    width: int
    height: int

    def width_at(self, height: int) -> int:
        """Return how wide it is, shown at a height."""
        return max(1, round(self.width * height / self.height))


@dataclass(frozen=True, slots=True)
class BrandLook:
    """A brand as pages and mails need it. `hosts`: those that are used."""

    id: UUID
    name: str
    hosts: tuple[str, ...]
    accent: str
    pictures: tuple[Picture, ...]
    # By language, its own words before those for all; under "" only the latter.
    contacts: tuple[tuple[str, Contact], ...]
    issuer: str
    email_from: str
    is_default: bool
    minimum: str
    version: int

    @property
    def contact(self) -> Contact:
        """Whom to ask, in the language of whoever reads."""
        return self._contact_in(get_language() or "")

    @property
    def contact_for_all(self) -> Contact:
        """Whom to ask, whatever the language."""
        return self._contact_in("")

    def _contact_in(self, language: str) -> Contact:
        found = (one for code, one in self.contacts if code in {language, ""})
        return next(found)

    @property
    def support_email(self) -> str:
        """The e-mail of support, as all that follows in the language of whoever reads."""
        return self.contact.support_email

    @property
    def support_phone(self) -> str:
        """Its telephone number."""
        return self.contact.support_phone

    @property
    def support_url(self) -> str:
        """Its web page."""
        return self.contact.support_url

    @property
    def support_hours(self) -> str:
        """When somebody is there."""
        return self.contact.support_hours

    def picture(self, kind: str) -> Picture | None:
        """Return a picture of the brand; None where it has none of that kind."""
        return next((one for one in self.pictures if one.kind == kind), None)

    def address(self, path: str) -> str:
        """Return the whole address of a path, where its customers reach the portal."""
        return portal_address.of(self.hosts, path)


@dataclass(frozen=True, slots=True)
class TabLink:
    """A tab of the provider's own."""

    key: str
    url: str
    icon: str
    new_window: bool
    # Title and description by language; those for all under "", which is the last.
    words: tuple[tuple[str, str, str], ...]

    @property
    def title(self) -> str:
        """What it is called in the language of whoever reads."""
        return self._said()[1]

    @property
    def description(self) -> str:
        """What it is for, in the language of whoever reads."""
        return self._said()[2]

    def _said(self) -> tuple[str, str, str]:
        language = get_language() or ""
        return next(one for one in self.words if one[0] in {language, ""})
