"""What was found when a brand was last looked at: kept until somebody looks again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils.translation import get_language

from doorward.customers.models import Brand, BrandCheck
from doorward.customers.rights import authorise
from doorward.operations.checks.finding import Finding, Record
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from doorward.audit.actor import Actor

LONGEST_SELECTOR: Final = 63
# A record of somebody else's may be long, and is quoted in what was found.
_LONGEST_TEXT: Final = 4000


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found and when, in the words of `language`. `since_changed`: the brand is another one by now."""

    at: datetime
    findings: tuple[Finding, ...]
    selector: str
    language: str
    since_changed: bool

    @property
    def to_do(self) -> int:
        """How much is to be mended."""
        return sum(one.verdict == "unfit" for one in self.findings)


def keep(
    brand: Brand, found: Sequence[Finding], selector: str, *, actor: Actor, now: datetime
) -> None:
    """Keep what was found at a brand in place of what was found before; where it is gone by now, nothing."""
    columns = {
        "looked_at": now,
        "brand_version": brand.version,
        "language": get_language() or "en",
        "selector": _storable(selector)[:LONGEST_SELECTOR],
        "findings": [_written(one) for one in found],
    }
    with transaction.atomic():
        # Once more: looking took its time, and the right may be gone since.
        authorise(actor, Action.CHECK_BRAND, brand_id=brand.id)
        if Brand.objects.select_for_update(no_key=True).filter(id=brand.id).exists():
            BrandCheck.objects.update_or_create(brand_id=brand.id, defaults=columns)


def last(brand: Brand) -> Looked | None:
    """Return what was found last; None: nobody looked yet, or an older version wrote it in a way of its own."""
    row = BrandCheck.objects.filter(brand_id=brand.id).first()
    if row is None:
        return None
    try:
        findings = tuple(_read(one) for one in row.findings)
    except (TypeError, KeyError):
        return None
    changed = row.brand_version != brand.version
    return Looked(row.looked_at, findings, row.selector, row.language, changed)


def _written(finding: Finding) -> dict[str, Any]:
    written = _all_storable(asdict(finding))
    return written | {"record": finding.record and _all_storable(asdict(finding.record))}


def _all_storable(said: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _storable(one) if isinstance(one, str) else one for key, one in said.items()}


def _storable(text: str) -> str:
    """Return a text as a database keeps it: what the name system says may have a NUL in it, and be long."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_TEXT]


def _read(said: Mapping[str, Any]) -> Finding:
    record = said["record"]
    return Finding(**{**said, "record": record and Record(**record)})
