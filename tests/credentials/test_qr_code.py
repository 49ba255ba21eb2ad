"""What an authenticator app reads out of the picture is what was put in: through a real encoder and a real decoder."""

import io
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import segno
import zxingcpp
from PIL import Image

from doorward.credentials.totp import rules

pytestmark = pytest.mark.slow

SECRET = bytes(range(236, 256))


@pytest.mark.parametrize(
    ("issuer", "account"),
    [
        ("ACME Co", "alice@example.com"),
        ("Blauer Hafen & Söhne GmbH", "zoë.lindqvist+portal@münchen.example"),
        ("北風通信", "管理者@例え.テスト"),
        ('50 % off / more? #1 = "us"', "o'brien@example.com"),
        ("Provider: Portal", "Acme: anna@example.com"),
        ("x" * 60, "a" * 64 + "@" + "b" * 60 + ".example"),
    ],
)
@pytest.mark.parametrize("error", ["L", "M", "Q"])
def test_the_uri_survives_the_picture(issuer, account, error):
    made = rules.uri(secret=SECRET, issuer=issuer, account=account)
    picture = io.BytesIO()
    segno.make(made, error=error, micro=False).save(picture, kind="png", scale=4, border=4)

    (read,) = zxingcpp.read_barcodes(
        Image.open(picture), formats=zxingcpp.barcode_formats_from_str("QRCode")
    )
    assert read.text == made

    parts = urlsplit(read.text)
    fields = parse_qs(parts.query, strict_parsing=True)
    prefix, name = (unquote(part) for part in parts.path.removeprefix("/").split(":"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert prefix == fields["issuer"][0] == " ".join(issuer.replace(":", " ").split())
    assert name == " ".join(account.replace(":", " ").split())
    assert fields["secret"] == [rules.base32(SECRET)]
