"""What an authenticator app exports moves in: its texts, and pictures of its QR codes."""

from __future__ import annotations

import base64
import io
import json
from urllib.parse import quote

import pytest
import segno
from click.testing import CliRunner
from PIL import Image

from doorward.accounts.models import Administrator, Standing
from doorward.cli.base import main
from doorward.credentials.errors import SecretInvalid
from doorward.credentials.events import APP_TAKEN_OVER
from doorward.credentials.models import Factor
from doorward.credentials.totp import foreign
from doorward.importing import authenticator
from doorward.importing.errors import CodeMissing, CodesDiffer, NoCodeInPicture
from doorward.kernel.errors import PictureInvalid, PictureIsDrawing, PictureTooManyPixels
from tests.kit import codes, people
from tests.kit.browsers import browser_of
from tests.kit.pictures import picture
from tests.threats.test_hostile_picture import bomb

SECRET, OTHER = b"12345678901234567890", b"09876543210987654321"


def entry(label, secret=SECRET, issuer="Old portal", **values):
    return {"secret": secret, "name": label, "issuer": issuer, "digits": 1, "type": 2, **values}


def payload(*entries, size=1, index=0, batch=7):
    """Return what the code of an export says, as its app writes it."""
    made = foreign._payload()
    for one in entries:
        made.otp_parameters.add(**one)
    made.batch_size, made.batch_index, made.batch_id = size, index, batch
    data = base64.b64encode(made.SerializeToString()).decode()
    return f"otpauth-migration://offline?data={quote(data, safe='')}"


def qr(text, *, kind="PNG", scale=4):
    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="png", scale=scale, border=4)
    if kind == "PNG":
        return out.getvalue()
    again = io.BytesIO()
    Image.open(out).convert("RGB").save(again, kind, quality=60)
    return again.getvalue()


def see_through(file):
    """Return a picture whose ground is black where it cannot be seen."""
    code = Image.open(io.BytesIO(file)).convert("L")
    ink = Image.new("RGBA", code.size, (0, 0, 0, 0))
    ink.putalpha(code.point(lambda level: 255 - level))
    out = io.BytesIO()
    ink.save(out, "PNG")
    return out.getvalue()


def read(*files):
    return list(authenticator.accounts(one for file in files for one in authenticator.read(file)))


def labels(*files):
    return [one.account for one in read(*files)]


TWO = (entry("anna@x.example"), entry("ben@x.example", OTHER))


@pytest.mark.parametrize(
    "file",
    [
        payload(*TWO).encode(),
        b"\xef\xbb\xbf\r\n" + payload(*TWO).encode() + b"\r\n",
        "\n".join(payload(one) for one in TWO).encode(),
        qr(payload(*TWO)),
        qr(payload(*TWO), kind="JPEG"),
        see_through(qr(payload(*TWO))),
    ],
    ids=["text", "mark", "lines", "png", "jpeg", "see-through"],
)
def test_texts_and_pictures_say_the_same(file):
    assert [(one.account, one.secret) for one in read(file)] == [
        ("anna@x.example", SECRET),
        ("ben@x.example", OTHER),
    ]


def test_a_picture_as_a_phone_makes_it_is_read():
    """Turned on its side, with much around it, and larger than a logo may be."""
    photo = Image.new("RGB", (3000, 4000), (90, 80, 70))
    code = Image.open(io.BytesIO(qr(payload(*TWO), scale=12))).convert("RGB")
    photo.paste(code, (700, 1500))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    photo.save(out, "JPEG", quality=70, exif=exif)
    assert labels(out.getvalue()) == ["anna@x.example", "ben@x.example"]


def test_all_codes_of_a_picture_are_read_and_none_counts_twice():
    sheet = Image.new("RGB", (1200, 500), "white")
    for number, one in enumerate(TWO):
        code = Image.open(io.BytesIO(qr(payload(one)))).convert("RGB")
        sheet.paste(code, (20 + 600 * number, 20))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    both = sorted(labels(out.getvalue(), qr(payload(TWO[0]))))
    assert both == ["anna@x.example", "ben@x.example"]


def test_a_batch_is_whole_in_whatever_order_it_comes():
    parts = [payload(entry(f"{n}@x.example"), size=3, index=n) for n in range(3)]
    files = [qr(parts[2]), parts[0].encode(), qr(parts[1], kind="JPEG"), qr(parts[2])]
    assert labels(*files) == ["0@x.example", "1@x.example", "2@x.example"]


def test_what_is_missing_of_a_batch_is_said():
    part = qr(payload(TWO[0], size=4, index=2))
    with pytest.raises(CodeMissing) as missing:
        read(part, payload(TWO[0], size=4, index=0).encode())
    assert missing.value.data == {"size": 4, "missing": "2, 4"}
    with pytest.raises(CodeMissing):  # another export has that one
        read(part, *(payload(TWO[0], size=4, index=n, batch=8).encode() for n in (0, 1, 3)))
    with pytest.raises(CodesDiffer):
        read(part, payload(TWO[1], size=4, index=2).encode())


@pytest.mark.parametrize(
    ("size", "index"), [(2**31 - 1, 0), (101, 0), (2, 2), (1, 1), (2, -1), (-5, 0)]
)
def test_no_batch_is_larger_than_any_export(size, index):
    with pytest.raises(SecretInvalid):
        read(payload(TWO[0], size=size, index=index).encode())


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (b"", PictureInvalid),
        (b"garbage", PictureInvalid),
        (b"%PDF-1.7", PictureInvalid),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", PictureIsDrawing),
        (qr(payload(*TWO))[:-200], PictureInvalid),
        (qr(payload(*TWO), kind="JPEG")[:-500], PictureInvalid),
        (bomb(60_000, 60_000), PictureTooManyPixels),
        (bomb(4001, 4000), PictureTooManyPixels),
        (bomb(8001, 16), PictureTooManyPixels),
        (picture(), NoCodeInPicture),
        (qr("https://www.example.com/"), NoCodeInPicture),
        (b"otpauth-migration://offline?data=AAAA", SecretInvalid),
        (b"otpauth-migration://offline?data=%ff\xff", SecretInvalid),
        (payload().encode(), SecretInvalid),
        (qr("otpauth-migration://offline?data=!"), SecretInvalid),
    ],
    ids=lambda value: "file" if isinstance(value, bytes) else value.__name__,
)
def test_what_is_nothing_of_the_kind_is_refused(file, refusal):
    with pytest.raises(refusal):
        read(file)


# --- done by the command --------------------------------------------------------------------------


def run(tmp_path, *texts, more=()):
    files = []
    for number, text in enumerate(texts):
        files.append(tmp_path / f"{number}")
        files[-1].write_bytes(text if isinstance(text, bytes) else text.encode())
    words = ["import", "apps", *map(str, files), "--customer", "Harbour Bakery", *more]
    return CliRunner().invoke(main, words)


def lines(tmp_path, *texts, more=()):
    done = run(tmp_path, *texts, more=("--json", *more))
    assert done.stdout, done.output
    told = json.loads(done.stdout)["lines"]
    return [(one["what"], one["fate"], one["reason"]) for one in told]


def row(person):
    return Administrator.objects.everywhere().get(id=person.id)


@pytest.mark.django_db
def test_whoever_never_signed_in_signs_in_with_their_old_app(owner, tmp_path):
    code = qr(payload(entry(f"Old portal:{owner.email.upper()}")))
    [dry] = lines(tmp_path, code, more=("--dry-run",))
    assert dry == (owner.email, "changed", "")
    assert not Factor.objects.exists()
    assert lines(tmp_path, code) == [dry]
    factor = Factor.objects.get(administrator=owner)
    assert (factor.taken_over, factor.name) == (True, "Old portal")
    assert SECRET not in bytes(factor.sealed or b"")
    assert row(owner).standing == Standing.APP
    assert [one.subject_id for one in people.events(APP_TAKEN_OVER)] == [owner.id]
    assert lines(tmp_path, code) == [(owner.email, "same", "")]
    browser_of(owner)
    assert not Factor.objects.filter(taken_over=True).exists()
    assert lines(tmp_path, code) == [(owner.email, "same", "")]
    assert Factor.objects.count() == 1


@pytest.mark.django_db
def test_nobody_gets_another_app_and_nobody_elsewhere_gets_any(
    owner, colleague, outsider, tmp_path
):
    codes.enable_app(owner)
    browser_of(colleague)
    text = payload(
        entry(owner.email), entry(colleague.email), entry(outsider.email), entry("x@x.example")
    )
    assert lines(tmp_path, text) == [
        (owner.email, "refused", "devices_kept"),
        (colleague.email, "refused", "devices_kept"),
        (outsider.email, "refused", "nobody_here"),
        ("x@x.example", "refused", "nobody_here"),
    ]
    assert Factor.objects.count() == 1


@pytest.mark.django_db
def test_what_cannot_be_taken_over_is_said(owner, colleague, tmp_path):
    text = payload(
        entry(owner.email, type=1),
        entry(owner.email, digits=2),
        entry(owner.email, algorithm=2),
        entry(owner.email, b"short"),
        entry("anna"),
        entry(""),
    )
    key_uri = f"otpauth://totp/Old:{colleague.email}?secret=not-base32!"
    told = lines(tmp_path, f"{text}\n{key_uri}")
    assert [reason for _, _, reason in told] == [
        *["secret_unsupported"] * 3,
        "secret_invalid",
        *["nobody_here"] * 2,
        "secret_invalid",
    ]
    assert [what for what, _, _ in told][4:6] == ["Old portal: anna", "Old portal"]
    assert not Factor.objects.exists()


@pytest.mark.django_db
def test_of_a_phone_with_accounts_of_others_only_what_is_meant_is_taken(owner, tmp_path):
    phone = payload(
        entry(owner.email),
        entry(owner.email, OTHER, "Elsewhere"),
        entry("owner", OTHER, "Old portal"),
    )
    assert lines(tmp_path, phone)[-1] == ("Old portal: owner", "refused", "nobody_here")
    assert (owner.email, "refused", "issuers_differ") in lines(tmp_path, phone)
    assert not Factor.objects.exists()
    more = ("--issuer", "old portal", "--person", owner.email)
    assert lines(tmp_path, phone, more=more) == [
        (owner.email, "changed", ""),
        (f"Elsewhere: {owner.email}", "refused", "other_issuer"),
    ]
    assert Factor.objects.filter(administrator=owner).count() == 2


@pytest.mark.django_db
def test_a_name_becomes_an_email_and_another_persons_account_is_not_theirs(
    owner, colleague, tmp_path
):
    name, _, domain = owner.email.partition("@")
    both = payload(entry(name), entry(colleague.email, OTHER))
    more = ("--domain", domain, "--person", owner.email)
    assert lines(tmp_path, both, more=more) == [
        (owner.email, "changed", ""),
        (f"Old portal: {colleague.email}", "refused", "nobody_here"),
    ]


@pytest.mark.django_db
def test_a_file_that_is_refused_is_named_and_nothing_is_done(owner, tmp_path):
    done = run(tmp_path, payload(entry(owner.email)), b"garbage")
    assert done.exit_code == 1
    assert f"{tmp_path / '1'}: This file cannot be read as an image." in done.output
    part = payload(entry(owner.email), size=3, index=1)
    done = run(tmp_path, part)
    assert "This export has 3 QR codes, and these are missing: 1, 3." in done.output
    assert not Factor.objects.exists()
