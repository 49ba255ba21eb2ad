"""What a browser carries for us from one page to the next, sealed: nobody reads or writes it on the way."""

from __future__ import annotations

import base64
from typing import Final

from doorward.kernel.crypto import sealing
from doorward.kernel.crypto.sealing import AssociatedData

_WHERE: Final = AssociatedData(table="applications", row="-", purpose="authorization_request")
# On its way to a site, which is another thing than to an application.
OF_SITE: Final = AssociatedData(table="applications", row="-", purpose="site_sign_in")


class NotOurs(Exception):
    """It is nothing that was sealed here, or with a key that is gone."""


def seal(plain: bytes, where: AssociatedData = _WHERE) -> str:
    """Return it sealed, in letters that an address takes."""
    sealed = sealing.seal(plain, **where)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(packed: str, where: AssociatedData = _WHERE) -> bytes:
    """Return what was sealed, or raise `NotOurs`."""
    try:
        sealed = base64.urlsafe_b64decode(packed.encode("ascii") + b"=" * (-len(packed) % 4))
        return sealing.unseal(sealed, **where)
    except (ValueError, sealing.SealBroken) as error:
        raise NotOurs from error
