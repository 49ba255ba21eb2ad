"""Importing customers: what a line is, and doing it. A dry run does the same, and takes it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.customers import services
from doorward.customers.models import Brand, Customer
from doorward.customers.rights import authorise
from doorward.importing.errors import BrandDiffers, NoSuchBrand
from doorward.importing.rules import CustomerLine, Fate, LineOutcome
from doorward.kernel.errors import FieldsRefused, Refusal
from doorward.kernel.text.cleaning import fold_case, storable
from doorward.permissions.actions import Action
from doorward.sessions import ending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from doorward.audit.actor import Actor


def do(lines: Sequence[CustomerLine], *, actor: Actor, now: datetime) -> list[LineOutcome]:
    """Import these customers in the caller's transaction; return what came of each, in their order."""
    authorise(actor, Action.MOVE_IN)
    ending.must_be_open(actor)
    brands = {fold_case(brand.name): brand for brand in Brand.objects.only("id", "name")}
    names = {fold_case(line.name)[:240] for line in lines}
    there = {one.name_folded: one for one in Customer.objects.filter(name_folded__in=names)}
    return [_one(line, brands, there, actor=actor, now=now) for line in lines]


def _one(
    line: CustomerLine,
    brands: Mapping[str, Brand],
    there: Mapping[str, Customer],
    *,
    actor: Actor,
    now: datetime,
) -> LineOutcome:
    key = storable(line.name)[:80]
    customer, brand = there.get(fold_case(line.name)[:240]), brands.get(fold_case(line.brand))
    try:
        if line.brand and brand is None:
            raise NoSuchBrand
        if customer is None:
            services.add(name=line.name, brand=brand, actor=actor, now=now)
            return LineOutcome(number=line.number, key=key, fate=Fate.MADE)
        if brand is None or brand.id == customer.brand_id:
            return LineOutcome(number=line.number, key=key, fate=Fate.SAME)
        raise BrandDiffers
    except Refusal as refusal:
        wrong = refusal.fields if isinstance(refusal, FieldsRefused) else {refusal.field: refusal}
        fields = tuple(field for field in wrong if field)
        return LineOutcome(
            number=line.number, key=key, fate=Fate.REFUSED, fields=fields, refusal=refusal
        )
