"""Saying that a name is a colleague's too, or that an e-mail's domain looks like another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.contrib import messages
from django.utils.translation import gettext as _

from doorward.accounts.lookalikes import namesakes, resembled_domain
from doorward.audit.naming import named
from doorward.kernel.text.cleaning import ascii_email

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.web.http.requests import Request

_NAMED_AT_MOST: Final = 3


def say_namesakes(request: Request, person: Administrator) -> None:
    """Say which colleagues have the name that somebody was given; nothing where nobody has."""
    found = namesakes(person)
    if found:
        who = ", ".join(named(name, email) for name, email in found[:_NAMED_AT_MOST])
        text = _(
            "Somebody else here has this name, or one that looks like it: %(who)s. History "
            "and mails show their e-mail, so that you can tell them apart."
        )
        messages.warning(request, text % {"who": who})


def say_own_namesakes(request: Request, person: Administrator) -> None:
    """Say to somebody that a colleague has their new name, and not which one."""
    if namesakes(person):
        text = _(
            "A colleague has the same name, or one that looks like it. History and mails show your e-mail beside it."
        )
        messages.warning(request, text)


def say_domain(request: Request, email: str, *, customer_id: UUID, besides: UUID) -> None:
    """Say that the domain of an e-mail looks like one that is used here."""
    warning = domain_warning(email, customer_id=customer_id, besides=besides)
    if warning:
        messages.warning(request, warning)


def domain_warning(email: str, *, customer_id: UUID, besides: UUID) -> str:
    """Return what is to be known of an e-mail whose domain misleads; '': nothing.

    A domain that is kept in the name system's letters is one whose own letters mislead.
    """
    resembled = resembled_domain(email, customer_id=customer_id, besides=besides)
    plain = ascii_email(email)
    if resembled:
        text = _(
            "Careful: %(email)s is not at %(domain)s, which colleagues use. The two only look alike."
        )
        return text % {"email": plain, "domain": resembled}
    if "@xn--" in email or ".xn--" in email.rpartition("@")[2]:
        text = _(
            "Careful: the domain of %(email)s contains letters that look like others. It is shown as computers read it."
        )
        return text % {"email": plain}
    return ""
