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
    if not domain:
        return ""
    used, looks = _domains(customer_id, besides), same_looks(domain)
    own, is_plain = used.pop(domain, 0), "xn--" not in domain
    least = max(own + is_plain, 1)
    alike = (
        one
        for one, people in used.items()
        if people >= least and _looks_like(looks, same_looks(one))
    )
    return min(alike, default="")


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
