"""What a request may bring is judged by its head, before Django or anybody else looks at it."""

from __future__ import annotations

import pytest

from doorward.web.server import body_limits
from doorward.web.server.body_limits import BODY, MULTIPART, REFUSED, UPLOAD, judge, judge_parts

BOUNDARY = f'{MULTIPART}; boundary="x"'

FORM = "application/x-www-form-urlencoded"


def environ(length="10", kind=FORM, path="/", **more):
    return {"PATH_INFO": path, "CONTENT_LENGTH": length, "CONTENT_TYPE": kind} | more


def refused(given):
    """Return what the judge left: the refusal (None: taken), and how much is to be read."""
    length = judge(given)
    found = given.get(REFUSED)
    if found:
        assert length == 0
        assert not given["CONTENT_LENGTH"]
        assert not given["CONTENT_TYPE"]
    return found


@pytest.mark.parametrize(
    ("path", "length", "expected"),
    [
        ("/", BODY.bytes, None),
        ("/", BODY.bytes + 1, body_limits.TOO_LARGE),
        ("/sign-in/", "9" * 10_000, body_limits.TOO_LARGE),
        ("/brands/logo/", BODY.bytes + 1, None),
        ("/brands/logo/", UPLOAD.bytes + 1, body_limits.TOO_LARGE),
        ("/ brands/", BODY.bytes + 1, body_limits.TOO_LARGE),
        ("/customers/import/", UPLOAD.bytes + 1, None),
        ("/customers/import/", body_limits.FILE.bytes + 1, body_limits.TOO_LARGE),
        ("/customers/add/", BODY.bytes + 1, body_limits.TOO_LARGE),
        ("/", "-1", body_limits.NO_LENGTH),
        ("/", "+1", body_limits.NO_LENGTH),
        ("/", "1e3", body_limits.NO_LENGTH),
        ("/", "²", body_limits.NO_LENGTH),
        ("/", "٣", body_limits.NO_LENGTH),
        ("/", "10,10", body_limits.NO_LENGTH),
        ("/", "", None),
        ("/", "0", None),
    ],
)
def test_the_length(path, length, expected):
    assert refused(environ(str(length), path=path)) is expected


@pytest.mark.parametrize("length", ["", "0", "10"])
def test_a_body_in_chunks_has_no_length(length):
    given = environ(length, HTTP_TRANSFER_ENCODING="chunked")
    assert refused(given) is (None if length == "10" else body_limits.NO_LENGTH) or length == "0"


@pytest.mark.parametrize(
    "kind",
    [
        FORM,
        f"{FORM};charset=UTF-8",
        f"{FORM}; charset=utf-8",
        f'{FORM} ; Charset="Utf-8"',
        f"{FORM}; charset=utf8",
        f"{FORM}; charset=US-ASCII",
        f"{FORM};",
        "APPLICATION/X-WWW-FORM-URLENCODED",
        f"{MULTIPART}; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
        f"{MULTIPART}; boundary=x; charset=utf-8",
        BOUNDARY,
        "application/json; charset=utf-8",
        "text/plain",
        "",
    ],
)
def test_utf_8_is_taken_however_it_is_written(kind):
    given = environ(kind=kind)
    assert refused(given) is None
    assert "charset" not in given["CONTENT_TYPE"].lower()


@pytest.mark.parametrize(
    "parameter",
    [
        "charset=punycode",
        "charset=utf-7",
        "charset=UTF-16",
        "charset=latin-1",
        "charset=iso-8859-1",
        "charset=idna",
        "charset=unicode_escape",
        "charset=rot13",
        "charset=zlib",
        "charset=undefined",
        "charset=utf-8-sig",
        "charset=no-such-thing",
        "charset=",
        'charset=""',
        "charset='utf-8'",
        "charset=utf-8\x00",
        "charset=utf-8; charset=punycode",
        "charset*=utf-8''utf-8",
        "x*=punycode''abc",
        "x*0*=punycode''abc",
        "x=y",
        'charset="utf-8',
        "charset=utf-8,punycode",
        "charset=" + "x" * 300,
        "boundary=" + "x" * 300,
        "=" * 40,
    ],
)
@pytest.mark.parametrize("kind", [FORM, BOUNDARY, "text/plain"])
def test_no_other_character_set_is_looked_up(kind, parameter):
    assert refused(environ(kind=f"{kind}; {parameter}")) is body_limits.OTHER_KIND


@pytest.mark.parametrize(
    "kind",
    [
        MULTIPART,
        f"{MULTIPART}; boundary=",
        f'{MULTIPART}; boundary="x "',
        f'{MULTIPART}; boundary="{"x" * 71}"',
        f"{MULTIPART}; boundary=x; boundary=y",
        f"{MULTIPART}; boundary=é",
        "form",
        "a/b/c",
        "é/x",
        ";",
        ", text/plain",
        "*/*",
    ],
)
def test_what_is_no_type_is_not_read(kind):
    assert refused(environ(kind=kind)) is body_limits.OTHER_KIND


def test_a_type_without_a_body_is_not_looked_at():
    given = environ("", "text/html; charset=punycode")
    assert refused(given) is None
    assert not given["CONTENT_TYPE"]


def part(head):
    return f'--x\r\nContent-Disposition: form-data; name="a"{head}\r\n\r\nvalue * here\r\n--x--\r\n'.encode()


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", None),
        ('; filename="logo.png"\r\nContent-Type: image/png', None),
        ("; filename*=punycode''abc", body_limits.OTHER_KIND),
        ("; name*0*=utf-7''abc", body_limits.OTHER_KIND),
        ("\r\nContent-Type: text/plain; charset*=x''y", body_limits.OTHER_KIND),
    ],
)
def test_the_heads_of_parts_name_no_character_set(head, expected):
    given = environ(kind=BOUNDARY)
    judge(given)
    judge_parts(given, part(head))
    assert given.get(REFUSED) is expected


def test_a_body_without_parts_is_not_searched_for_them():
    given = environ()
    judge(given)
    judge_parts(given, part("; name*=punycode''abc"))
    assert REFUSED not in given
