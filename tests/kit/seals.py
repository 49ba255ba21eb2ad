"""A key that somebody took out of the key file: what was on its way begins again, and nobody meets an error page."""

from __future__ import annotations

import re
from base64 import b32decode
from typing import Any


def secret_of(answer: Any) -> bytes:
    found = re.search(r'id="manual-code">([^<]+)<', answer.content.decode())
    assert found
    return b32decode(found[1].replace(" ", ""))
