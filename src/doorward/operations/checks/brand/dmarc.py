"""DMARC of a brand's sender: what its domain asks receivers to do about forged mail."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext as _

from doorward.operations.checks.brand.tags import joined, tags_of
from doorward.operations.checks.finding import Finding, Record, advice, fine, unfit

if TYPE_CHECKING:
    from doorward.operations.checks.brand.name_system import NameSystem

_DMARC: Final = "dmarc"
# How far up a policy is looked for: RFC 9989's walk, without a list of who sells names.
_MOST_LABELS: Final = 8
_POLICIES: Final = ("none", "quarantine", "reject")


_RECORD: Final = re.compile(r"v\s*=\s*DMARC1\s*(;|$)")


def look(domain: str, names: NameSystem) -> Finding:
    """Return what is so with the policy, the domain's own or that of one above it. Raises `NotAnswered`."""
    for where in _above(domain):
        found = [text for text in names.texts(f"_dmarc.{where}") if _RECORD.match(text)]
        if len(found) > 1:
            return unfit(
                _DMARC,
                _("%(domain)s has several DMARC records, so receivers use none of them.")
                % {"domain": where},
                _("Replace them with this one."),
                _policy(where),
            )
        if found:
            return _of_dmarc(domain, where, tags_of(found[0]))
    return unfit(
        _DMARC,
        _("%(domain)s has no DMARC record: receivers do nothing about forged mail.")
        % {"domain": domain},
        _(
            "Create this record. If others also send for this domain, begin with p=none and read the reports first."
        ),
        _policy(domain),
    )


def _of_dmarc(domain: str, where: str, tags: dict[str, str]) -> Finding:
    named = {"domain": domain, "where": f"_dmarc.{where}"}
    name = "sp" if where != domain and "sp" in tags else "p"
    policy = tags.get(name, "").lower()
    wanted = Record(f"_dmarc.{where}", "TXT", joined(tags | {name: "quarantine"}))
    if policy not in _POLICIES:
        return unfit(
            _DMARC,
            _("The DMARC record at %(where)s has no policy that receivers know (p=).") % named,
            _("Create this record."),
            wanted,
        )
    if policy == "none":
        return advice(
            _DMARC,
            _("The DMARC record at %(where)s asks receivers to do nothing about forged mail.")
            % named,
            _("Once the reports show that all mail of your own passes, ask for quarantine."),
            wanted,
        )
    return fine(
        _DMARC,
        _("The DMARC record at %(where)s asks receivers for “%(policy)s” of forged mail.")
        % {**named, "policy": policy},
    )


def _above(domain: str) -> list[str]:
    """Return the domain and those above it, but none that is all that there is (like `com`)."""
    labels = domain.split(".")
    starts = [0, *range(max(1, len(labels) - _MOST_LABELS + 1), len(labels) - 1)]
    return [".".join(labels[start:]) for start in starts]


def _policy(domain: str) -> Record:
    value = f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}"
    return Record(f"_dmarc.{domain}", "TXT", value)
