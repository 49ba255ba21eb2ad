"""The pictures of a brand: its logo, another one for dark ground, its icon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import F

from doorward.audit.record import record
from doorward.customers import cached, protection
from doorward.customers.errors import PictureTooLarge
from doorward.customers.events import BRAND_CHANGED
from doorward.customers.models import Brand, BrandPicture, PictureKind
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.customers.reencoding import Made

_KIB: Final = 1024
LONGEST: Final = 480 * _KIB


def change(brand_id: UUID, kind: PictureKind, content: bytes | None, *, actor: Actor) -> None:
    """Put a picture there, made anew from what was uploaded, or (None) take it away.

    Raises `NotFound`, or a `PictureRefused`.
    """
    authorise(actor, Action.CHANGE_BRAND, brand_id=brand_id)
    made = None if content is None else _made(content, kind)
    with transaction.atomic():
        brand = Brand.objects.select_for_update(no_key=True).filter(id=brand_id).first()
        if brand is None:
            raise NotFound
        # Once more: it took its time to make the picture anew.
        authorise(actor, Action.CHANGE_BRAND, brand_id=brand_id)
        pictures = {name: size for name, size in brand.pictures.items() if name != kind}
        mine = BrandPicture.objects.filter(brand=brand, kind=kind)
        if made is None:
            mine.delete()
        else:
            BrandPicture.objects.update_or_create(
                brand=brand, kind=kind, defaults={"content": made.content, "type": made.type}
            )
            pictures[kind.value] = [made.width, made.height]
        Brand.objects.filter(id=brand_id).update(pictures=pictures, version=F("version") + 1)
        about = {"brand": brand.name, **protection.about_brand(brand_id)}
        record(BRAND_CHANGED, actor=actor, details={**about, "changed": [_FIELDS[kind]]})
    cached.forget()


def read(brand_id: UUID, kind: str) -> tuple[bytes, str]:
    """Return a picture of a brand and its type. Raises `NotFound`."""
    rows = BrandPicture.objects.filter(brand_id=brand_id, kind=kind)
    found = rows.values_list("content", "type").first()
    if found is None:
        raise NotFound
    return bytes(found[0]), found[1]


# By what history calls them.
_FIELDS: Final = {
    PictureKind.LOGO: "logo",
    PictureKind.LOGO_DARK: "logo_dark",
    PictureKind.ICON: "icon",
}


def _made(content: bytes, kind: PictureKind) -> Made:
    from doorward.customers.reencoding import reencode  # noqa: PLC0415 - Pillow is long in coming, and rarely wanted

    if len(content) > LONGEST:
        raise PictureTooLarge(LONGEST // _KIB)
    return reencode(content, kind)
