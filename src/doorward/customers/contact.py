"""Whom to ask at a brand, and its legal pages: the same for all languages, or another way in one."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

from doorward.kernel.text.cleaning import clean_email, clean_line, clean_link

if TYPE_CHECKING:
    from doorward.customers.models import Brand
    from doorward.kernel.field_checks import Checks

PHONE_LENGTH: Final = 40
HOURS_LENGTH: Final = 80
LINK_LENGTH: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a form says of it; texts as they were typed."""

    support_email: str = ""
    support_phone: str = ""
    support_url: str = ""
    support_hours: str = ""
    terms_url: str = ""
    privacy_url: str = ""
    legal_url: str = ""


FIELDS: Final = tuple(field.name for field in fields(Contact))


def own(brand: Brand, language: str) -> Contact:
    """Return what a brand says in a language alone."""
    return Contact(**brand.in_languages.get(language, {}))


def everywhere(brand: Brand) -> Contact:
    """Return what a brand says wherever a language says nothing else."""
    return Contact(**{name: getattr(brand, name) for name in FIELDS})


def said_in(brand: Brand) -> tuple[tuple[str, Contact], ...]:
    """Return what a brand says by language, and under "", which is the last one, what it says in all others."""
    for_all = everywhere(brand)
    languages = sorted(brand.in_languages.items())
    return (*((code, replace(for_all, **said)) for code, said in languages), ("", for_all))


def clean(contact: Contact, checks: Checks) -> dict[str, str]:
    """Return the columns; what is wrong is in `checks`."""
    lines = {"support_phone": PHONE_LENGTH, "support_hours": HOURS_LENGTH}
    links = ("support_url", "terms_url", "privacy_url", "legal_url")
    take = checks.take
    return (
        {"support_email": take("support_email", clean_email_or_none, contact.support_email)}
        | {
            name: take(name, clean_line, getattr(contact, name), maximum=most)
            for name, most in lines.items()
        }
        | {
            name: take(name, clean_link, getattr(contact, name), maximum=LINK_LENGTH)
            for name in links
        }
    )


def clean_email_or_none(text: str) -> str:
    """Return an e-mail, or "" where there is none. Raises `EmailInvalid`."""
    return clean_email(text) if text.strip() else ""
