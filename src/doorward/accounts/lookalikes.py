"""Colleagues whose names look alike, and e-mails whose domain looks like one that is already used here.

Both are accepted and said: namesakes exist, and so do similar domains; nobody shall take one for the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Count, Value
from django.db.models.functions import StrIndex, Substr

from doorward.accounts.models import Administrator, Status
from doorward.audit.naming import full_name
from doorward.kernel.text.cleaning import ascii_domain, ascii_email
from doorward.kernel.text.likeness import name_looks, same_looks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.record import Detail

_ROWS_AT_ONCE: Final = 2000


def namesakes(person: Administrator) -> list[tuple[str, str]]:
    """Return name and e-mail of each colleague whose name looks like this person's."""
    looks = name_looks(person.full_name)
    rows = _others(person.customer_id, person.id).order_by("name_sort", "id")
    names = rows.values_list("first_name", "last_name", "email").iterator(_ROWS_AT_ONCE)
    read = ((full_name(first, last, email), email) for first, last, email in names)
    return [(name, email) for name, email in read if name_looks(name) & looks]


def resembled_domain(email: str, *, customer_id: UUID, besides: UUID | None = None) -> str:
    """Return the domain, used by others here, that this e-mail's looks like without being it; '': none.

    Of two that look alike the one is the other's double that fewer people use; where as many do, the one
    that is not in plain letters.
    """
    domain = _domain_of(email)
    return _resembled(domain, _domains(customer_id, besides)) if domain else ""


def _resembled(domain: str, used: Mapping[str, int]) -> str:
    looks = same_looks(domain)
    own, is_plain = used.get(domain, 0), "xn--" not in domain
    least = max(own + is_plain, 1)
    alike = (
        one
        for one, people in used.items()
        if one != domain and people >= least and _looks_like(looks, same_looks(one))
    )
    return min(alike, default="")


class Domains:
    """The domains of a customer's e-mails, read once for many people who are added together."""

    def __init__(self, customer_id: UUID) -> None:
        self._used = _domains(customer_id, None)
        self._found: dict[str, str] = {}

    def resembled(self, email: str) -> str:
        """Return what `resembled_domain` does for somebody who is not there yet."""
        domain = _domain_of(email)
        if domain and domain not in self._found:
            self._found[domain] = _resembled(domain, self._used)
        return self._found.get(domain, "")

    def shown(self, email: str) -> str:
        """Return what `shown_email` does."""
        return email if email.isascii() or not self.resembled(email) else ascii_email(email)


def _looks_like(looks: str, used: str) -> bool:
    """Return whether a domain is read as one that is used: it looks the same, or has it before its own end.

    Whoever reads `example.com.evil.net` reads its beginning; `mail.example.com` is at example.com indeed.
    """
    return looks == used or f".{used}." in f".{looks}"


def shown_email(email: str, *, customer_id: UUID, besides: UUID | None = None) -> str:
    """Return a clean e-mail as it is kept and shown: in ASCII where its domain looks like one used here."""
    if email.isascii():
        return email
    resembled = resembled_domain(email, customer_id=customer_id, besides=besides)
    return ascii_email(email) if resembled else email


def details_of(email: str, *, customer_id: UUID, besides: UUID | None = None) -> dict[str, Detail]:
    """Return what an event says of an e-mail whose domain looks like another one."""
    resembled = resembled_domain(email, customer_id=customer_id, besides=besides)
    return {"resembles": resembled} if resembled else {}


def _domains(customer_id: UUID, besides: UUID | None) -> dict[str, int]:
    """Return the domains of people's e-mails here, and how many have each."""
    domain = Substr("email_folded", StrIndex("email_folded", Value("@")) + 1)
    rows = _others(customer_id, besides).order_by().values_list(domain)
    return dict(rows.annotate(people=Count("id")))


def _others(customer_id: UUID, besides: UUID | None) -> QuerySet[Administrator]:
    rows = Administrator.objects.of(customer_id).exclude(status=Status.REMOVED)
    return rows if besides is None else rows.exclude(id=besides)


def _domain_of(email: str) -> str:
    return ascii_domain(email.rpartition("@")[2]) or ""
