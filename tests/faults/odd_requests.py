"""Requests as nobody should send them: heads and bodies over all routes, by hypothesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_from_bytes, quote_plus

from hypothesis import strategies as st

from tests.whole.forms import FIELDS
from tests.whole.routes import ROUTES

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

FORM = "application/x-www-form-urlencoded"
# What ends the session that the rest is asked with.
_NOT_ASKED = ("sign-out/", "security/sessions/end/")
PATTERNS = [route for route in ROUTES if route.pattern not in _NOT_ASKED]

bytes_ = st.binary(max_size=40)
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "\x00",
            "a\x00b",
            "\ud800",
            "\udfff\ud800",
            "\ufeff",
            "\u202e",
            "ﬀ" * 90,
            "𝟘" * 100,
            "ΐ" * 80,
            "İ" * 150,
            "9" * 5000,
            "-1",
            "1e999",
            "NaN",
            "0x10",
            "١٢٣٤٥٦",
            "²" * 6,
            "[" * 5000,
            "{" * 5000,
            '{"a":' * 3000,
            "[]",
            '{"id": null}',
            "null",
            "%s%n%(x)s{{7*7}}${7*7}",
            "../../etc/passwd",
            "a@b@c",
            f"{'a' * 300}@example.com",
            "x@" + "a." * 3000 + "example",
            "x@xn--" + "a" * 60 + ".example",
            "x@\u2024\u2024.example",
            "https://[::1",
            "http://[v1.x]/",
            "//evil.example\\@x",
            "2026-13-45T99:99",
            "0001-01-01",
            "9999-12-31",
            "+" + "0" * 300,
            "Europe/../../etc",
            " " * 4000,
            "00000000-0000-4000-8000-000000000000",
            "_" * 43,
            "on",
            "x" * 20000,
        ]
    ),
)


def _quoted(text: str) -> str:
    return quote_plus(text.encode("utf-8", "surrogatepass"))


# --- targets --------------------------------------------------------------------------------------

values = st.one_of(
    st.just(""),
    texts.map(lambda text: quote(text.encode("utf-8", "surrogatepass"), safe="")),
    bytes_.map(lambda raw: quote_from_bytes(raw, safe="")),
    st.sampled_from(["%00", "%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz", "..", ".", "%2e%2e%2f"]),
)


@st.composite
def targets(draw: st.DrawFn) -> str:
    """Return the target of a request: an address of ours, as it is or not."""
    route = draw(st.sampled_from(PATTERNS))
    given_values = {name: draw(values) for name in route.arguments if draw(st.booleans())}
    path = route.path(**given_values)
    path = draw(
        st.sampled_from(
            [path] * 6
            + [
                f"{path}{draw(values)}",
                f"/{path}",
                path.rstrip("/"),
                f"http://localhost{path}",
                f"http://evil.example{path}",
                f"http://user:password@evil.example:99999{path}",
                f"{path}{'a' * 9000}",
                f"/static{path}",
                f"/static/portal.css{draw(values)}",
                "*",
                "/static/../manage.py",
                "/..%2f..%2fetc/passwd",
            ]
        )
    )
    names = st.sampled_from([*FIELDS, "before", "after", "from", "to", "group", "outcome", "next"])
    query = draw(
        st.one_of(
            st.just(""),
            st.just(""),
            st.lists(st.tuples(names, texts.map(_quoted)), max_size=4).map(
                lambda pairs: "?" + "&".join(f"{name}={value}" for name, value in pairs)
            ),
            values.map(lambda value: f"?{value}"),
            st.integers(900, 3000).map(lambda number: "?" + "a=1&" * number),
            st.sampled_from(["?&&&=&==&", "?q=%ff%fe", "?page=%00", "??", "?[]=1&a[b][c]=2"]),
        )
    )
    return f"{path}{query}"[:30000]


# --- heads ----------------------------------------------------------------------------------------

_LATIN = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"))
_DATES = [
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Feb 9999 99:99:99 GMT",
    "Mon, 01 Jan 0000 00:00:00 GMT",
    "Sun, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Thu, 01 Jan 99999999999 00:00:00 GMT",
    "0",
    "-1",
    "tomorrow",
    "Tue, 29 Feb 1900 00:00:00 -9999",
]
_KINDS = [
    FORM,
    f"{FORM}; charset=punycode",
    f"{FORM}; charset=utf-7",
    f"{FORM}; charset=idna",
    f"{FORM}; charset=no-such",
    f"{FORM}; x*=punycode''{'a' * 500}",
    f"{FORM}; charset*=utf-16''x",
    f"{FORM}{'; a=b' * 2000}",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    f"multipart/form-data; boundary={'x' * 300}",
    "multipart/form-data; boundary=x; boundary=y",
    "multipart/mixed; boundary=x",
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    ";",
    "/",
    "é/x",
]
ODD: dict[str, list[str]] = {
    "Host": [
        "",
        "a b",
        "localhost:99999999",
        "localhost:",
        ":80",
        "[::1",
        "[::1]:80",
        "xn--a",
        "é",
        "a" * 9000,
        "a." * 200,
        "localhost,evil.example",
        "localhost@evil.example",
        "127.0.0.1%00",
    ],
    "Accept-Language": [
        ",".join(["de-DE;q=0.5"] * 3000),
        "de;q=999999999999999999999",
        "de;q=-1",
        "*",
        "-" * 2000,
        "x" * 9000,
        "de-" * 2000,
        ";q=1" * 2000,
        "zh-hans-" + "a" * 600,
        "de;q=0." + "1" * 3000,
    ],
    "Cookie": [
        "session",
        "session=",
        "session=" + "a" * 20000,
        '"' * 5000,
        "a=" + '"\\' * 3000,
        "a=" + "\\377" * 3000,
        "; " * 9000,
        "=;" * 5000,
        "csrf=\x80\xff",
        "session=é",
        "language=" + "x" * 3000,
        "language=../../x",
        "messages=" + "[" * 5000,
        "messages=W1tbW1tb:x:y",
        "__Host-session=a; session=b; session=c",
    ],
    "Range": [
        "bytes=0-",
        "bytes=-0",
        "bytes=-99999999999999999999",
        "bytes=5-2",
        "bytes=0-0,1-1,2-2",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(2000)),
        "bytes=abc",
        "items=0-1",
        "bytes=٠-١",
        "bytes=" + "9" * 5000 + "-",
    ],
    "If-Modified-Since": _DATES,
    "If-Unmodified-Since": _DATES,
    "If-None-Match": ["*", 'W/"x"', '"' * 3000, "," * 5000, "é"],
    "X-Forwarded-For": [
        "1.2.3.4%x",
        "," * 5000,
        "fe80::1%eth0",
        "[::1",
        "1" * 5000,
        "é",
        "::ffff:1.2.3.4",
    ],
    "X-Forwarded-Proto": ["https", "HTTPS,http", "x" * 500],
    "X_Forwarded_For": ["192.0.2.1"],
    "Content_Length": ["5"],
    "User-Agent": [
        "",
        "console",
        "x" * 20000,
        "(" * 5000,
        "Mozilla/5.0 " + "a/1 " * 3000,
        "\xff\xfe",
    ],
    "Referer": ["", "http://[", "x" * 9000, "http://localhost:99999999/", "é"],
    "Origin": ["null", "http://[", "x" * 9000, "http://localhost:x", "é", "file://"],
    "Accept-Encoding": ["gzip;q=x", "*" * 3000, "gzip, br" * 1000, ""],
    "Accept": ["*/*;q=999", "x" * 9000, "," * 5000],
    "Authorization": ["Bearer", "Basic !!!", "Bearer é", "x" * 9000],
    "Expect": ["100-continue", "200-ok"],
    "Transfer-Encoding": ["gzip", "identity", "chunked, chunked", "xchunked"],
    "Content-Encoding": ["gzip", "x"],
    "Content-Length": ["-1", "+5", "0x5", "5, 5", "5, 6", "99999999999999999999999", "", "é"],
    "Upgrade": ["websocket", "h2c", "x"],
    "Connection": ["close, upgrade", "te, x-forwarded-for", ","],
    "X-HTTP-Method-Override": ["DELETE"],
    "X-CSRFToken": ["", "x" * 5000, "é" * 32, "a" * 64],
    "Sec-Fetch-Site": ["cross-site", "é"],
    "Forwarded": ["for=1.2.3.4"],
    "X-Original-URL": ["/customers/"],
    "Script-Url": ["/x"],
    "Redirect-Url": ["/x"],
}
_names = st.text(
    "abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_!#$%&'*+.^`|~", min_size=1, max_size=30
)
headers: SearchStrategy[tuple[str, str]] = st.one_of(
    st.sampled_from([(name, value) for name, odd in ODD.items() for value in odd]),
    st.tuples(st.sampled_from(sorted(ODD)), _LATIN),
    st.tuples(_names, _LATIN),
)

# --- bodies ---------------------------------------------------------------------------------------

fields = st.lists(st.tuples(st.sampled_from(FIELDS), texts), max_size=12)


def _as_parts(pairs: list[tuple[str, str]], *, head: str, end: str) -> bytes:
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"{head}\r\n\r\n{text}\r\n'
        for name, text in pairs
    )
    return f"{parts}{end}".encode("utf-8", "surrogatepass")


_heads_of_parts = st.sampled_from(
    [
        "",
        '; filename="logo.png"\r\nContent-Type: image/png',
        '; filename="a\x00b"',
        "; filename*=punycode''" + "a" * 400,
        "; name*0=x; name*1=y",
        "\r\nContent-Transfer-Encoding: base64",
        "\r\nContent-Transfer-Encoding: quoted-printable",
        "\r\nContent-Type: text/plain; charset=utf-7",
        "\r\nX: " + "y" * 3000,
        ";" * 500,
    ]
)
bodies: SearchStrategy[tuple[str, bytes]] = st.one_of(
    fields.map(lambda pairs: (FORM, "&".join(f"{n}={_quoted(t)}" for n, t in pairs).encode())),
    st.integers(900, 20000).map(lambda number: (FORM, b"a=&" * number)),
    st.sampled_from(
        [b"%" * 60000, b"%ff" * 20000, b"&" * 64000, b"=" * 64000, b"a=\xff\xfe", b"\x00" * 500]
    ).map(lambda raw: (FORM, raw)),
    st.tuples(st.sampled_from(_KINDS), st.binary(max_size=2000)),
    st.tuples(
        st.just("multipart/form-data; boundary=x"),
        st.builds(
            _as_parts,
            fields,
            head=_heads_of_parts,
            end=st.sampled_from(["--x--\r\n", "", "--x", "\r\n"]),
        ),
    ),
    st.integers(100, 3000).map(
        lambda number: ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n" * number)
    ),
    st.integers(1, 30000).map(lambda number: ("multipart/form-data; boundary=-", b"-" * number)),
)


@dataclass(frozen=True, slots=True)
class Odd:
    """A request. Without `token` its form has none of ours, and is refused before its page sees it."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    kind: str
    body: bytes
    token: bool

    def written(self, *, host: str, cookies: dict[str, str]) -> bytes:
        """Return the bytes that are sent; what is not said oddly is said as a browser does."""
        said = {name.lower() for name, _ in self.headers}
        body = self.body
        if self.token and self.kind == FORM:
            body = f"csrfmiddlewaretoken={cookies.get('csrf', '')}&".encode() + body
        usual = {
            "Host": host,
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Origin": f"http://{host}",
            "Connection": "close",
        }
        if body:
            usual |= {"Content-Type": self.kind, "Content-Length": str(len(body))}
        lines = [
            f"{self.method} {self.target} HTTP/1.1",
            *(f"{name}: {value}" for name, value in usual.items() if name.lower() not in said),
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


@st.composite
def requests(draw: st.DrawFn) -> Odd:
    """Return a request."""
    method = draw(
        st.sampled_from(
            ["GET"] * 4 + ["POST"] * 6 + ["HEAD", "OPTIONS", "PUT", "DELETE", "get", "TRACE", "X"]
        )
    )
    kind, body = draw(bodies) if method not in {"GET", "HEAD"} or draw(st.booleans()) else ("", b"")
    return Odd(
        method=method,
        target=draw(targets()),
        headers=draw(st.lists(headers, max_size=3)),
        kind=kind,
        body=body,
        token=draw(st.integers(0, 4)) > 0,
    )
