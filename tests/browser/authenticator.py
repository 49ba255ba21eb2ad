"""An authenticator app: it is set up by a picture or by typing, and shows codes by the clock."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

import zxingcpp
from PIL import Image

from doorward.credentials.totp import rules

# So near to its end, the step before is not used: it would be gone when the code arrives.
_NEAR_SECONDS = 6


@dataclass
class Authenticator:
    """One account in the app."""

    secret: bytes
    issuer: str = ""
    account: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    _last: int = 0

    @classmethod
    def of_picture(cls, png: bytes) -> Authenticator:
        """Scan a QR code, as the camera sees it."""
        (read,) = zxingcpp.read_barcodes(
            Image.open(io.BytesIO(png)), formats=zxingcpp.barcode_formats_from_str("QRCode")
        )
        return cls.of_address(read.text)

    @classmethod
    def of_address(cls, text: str) -> Authenticator:
        """Be opened by a link on the phone itself."""
        parts = urlsplit(text)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp"), text
        given = parse_qs(parts.query, strict_parsing=True)
        fields = {name: value for name, (value,) in given.items()}
        issuer, account = (unquote(part) for part in parts.path.removeprefix("/").split(":"))
        assert issuer == fields.pop("issuer")
        return cls(_secret(fields.pop("secret")), issuer, account, fields)

    @classmethod
    def of_text(cls, key: str) -> Authenticator:
        """Type the manual code in, with or without its spaces."""
        return cls(_secret(key.replace(" ", "")))

    def code(self) -> str:
        """Return a code that is accepted now and was not given before; empty: there is none."""
        now = time.time()
        current = rules.step_at(datetime.fromtimestamp(now, tz=UTC))
        near_its_end = rules.STEP_SECONDS - now % rules.STEP_SECONDS < _NEAR_SECONDS
        step = max(self._last + 1, current if near_its_end else current - 1)
        if step > current + 1:
            return ""
        self._last = step
        return rules.code_at(self.secret, step)

    def wrong_code(self) -> str:
        """Return a code that no time near this one has."""
        current = rules.step_at(datetime.now(tz=UTC))
        near = {rules.code_at(self.secret, current + offset) for offset in range(-60, 61)}
        return next(
            code for code in map("{:06d}".format, range(123456, 200000)) if code not in near
        )

    def forget(self) -> Authenticator:
        """Start over with the codes of now."""
        self._last = 0
        return self

    def code_by_oathtool(self) -> str:
        """Return the code of now as Debian's oathtool computes it."""
        tool = shutil.which("oathtool")
        assert tool is not None, "install Debian's oathtool (make test does)"
        words = [tool, "--totp", "--base32", base64.b32encode(self.secret).decode()]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def _secret(key: str) -> bytes:
    return base64.b32decode(key + "=" * (-len(key) % 8))
