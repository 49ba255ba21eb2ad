"""How a person is named: by name and e-mail, since anybody may take the name of a colleague."""

from __future__ import annotations


def named(name: str, email: str) -> str:
    """Return name and e-mail as one reads them, 'Ines Moreau (ines@example.com)'; empty: nobody, or erased.

    A name has no `@` in it (`kernel.text.cleaning.clean_name`), so that none passes for an e-mail here.
    """
    return f"{name} ({email})" if name and email and name != email else name or email


def full_name(first_name: str, last_name: str, email: str) -> str:
    """Return both names as they are read; the e-mail where there are none."""
    return f"{first_name} {last_name}".strip() or email
