"""Lines, e-mail addresses and the address to go on to."""

import re
import string
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from doorward.kernel.errors import (
    AddressInvalid,
    EmailInvalid,
    HostInvalid,
    NameInvalid,
    NameMissing,
    Refusal,
    TextInvalid,
    TextTooLong,
)
from doorward.kernel.text import cleaning

SITE = "https://portal.example.com"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna  ", "Anna"),
        ("", ""),
        (" \t\n ", ""),
        ("O'Brien-Łukasiewicz", "O'Brien-Łukasiewicz"),
        ("Zoe\N{COMBINING DIAERESIS}", "Zoë"),
        ("नरेन्द्र", "नरेन्द्र"),
        ("می\N{ZERO WIDTH NON-JOINER}خواهم", "می\N{ZERO WIDTH NON-JOINER}خواهم"),
        ("<b>Anna</b>", "<b>Anna</b>"),
        ("x" * 100, "x" * 100),
    ],
)
def test_a_line_is_trimmed_and_kept(typed, kept):
    assert cleaning.clean_line(typed, maximum=100) == kept


@pytest.mark.parametrize(
    "character",
    [
        *"\x00\x01\x1b\x7f\x85\n\r\v",
        "\N{LINE SEPARATOR}",
        "\N{PARAGRAPH SEPARATOR}",
        "\N{RIGHT-TO-LEFT OVERRIDE}",
        "\N{LEFT-TO-RIGHT EMBEDDING}",
        "\N{FIRST STRONG ISOLATE}",
        "\N{POP DIRECTIONAL ISOLATE}",
        "\N{RIGHT-TO-LEFT MARK}",
        "\N{ARABIC LETTER MARK}",
        "\N{ZERO WIDTH SPACE}",
        "\N{ZERO WIDTH NO-BREAK SPACE}",
        "\N{SOFT HYPHEN}",
        "\N{WORD JOINER}",
        "\N{TAG LATIN SMALL LETTER A}",
        "\ud800",
    ],
)
def test_what_turns_or_hides_or_breaks_a_line_is_refused(character):
    with pytest.raises(TextInvalid):
        cleaning.clean_line(f"An{character}na", maximum=100)


def test_too_long():
    with pytest.raises(TextTooLong) as refused:
        cleaning.clean_line("x" * 101, maximum=100)
    assert refused.value.data == {"maximum": 100}


@given(typed=st.text())
def test_a_clean_line_stays_as_it_is(typed):
    try:
        line = cleaning.clean_line(typed, maximum=50)
    except Refusal:
        return
    assert cleaning.clean_line(line, maximum=50) == line
    assert len(line) <= 50


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anna@example.com", "anna@example.com"),
        ("  Anna.Berg+portal@Example.COM ", "Anna.Berg+portal@example.com"),
        ("o'brien@example.co.uk", "o'brien@example.co.uk"),
        ("anna@münchen.example", "anna@münchen.example"),
        ("anna@MÜNCHEN.example", "anna@münchen.example"),
        ("anna@xn--mnchen-3ya.example", "anna@münchen.example"),
        ("anna@xn--fa-hia.example", "anna@xn--fa-hia.example"),
        ("root@localhost", "root@localhost"),
        ("a" * 64 + "@example.com", "a" * 64 + "@example.com"),
    ],
)
def test_addresses_that_mail_reaches(typed, kept):
    assert cleaning.clean_email(typed) == kept
    assert cleaning.clean_email(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "@example.com",
        "anna@",
        "anna@@example.com",
        "anna@berg@example.com",
        "anna berg@example.com",
        "anna@example",
        "anna@.example.com",
        "anna@example..com",
        "anna@example.com.",
        "anna@-example.com",
        "anna@exa_mple.com",
        "anna@192.0.2.7",
        "anna@[192.0.2.7]",
        ".anna@example.com",
        "anna.@example.com",
        "an..na@example.com",
        '"anna berg"@example.com',
        "anna@example.com\nbcc: eve@example.com",
        "anna\r\n@example.com",
        "anna\x00@example.com",
        "anna@exam\x00ple.com",
        "anna@example.com,eve@example.com",
        "Anna <anna@example.com>",
        "änna@example.com",
        "аnna@example.com",
        "anna@faß.example",
        "a" * 65 + "@example.com",
        "anna@" + "x" * 64 + ".com",
        "anna@" + "x." * 130 + "com",
        "abc@" + ".".join(["x" * 60] * 4) + ".example",
        "anna@\ud800.com",
    ],
)
def test_addresses_that_mail_does_not_reach(typed):
    with pytest.raises(EmailInvalid):
        cleaning.clean_email(typed)


@given(
    typed=st.one_of(
        st.text(),
        st.text(alphabet=string.printable + "äß.@-"),
        st.from_regex(r"a@[a-z.\-ßü]{1,70}"),
    )
)
@example("a@xn--.com")
@example("a@xn--99999999999.com")
@example("a@xn--a.xn--b")
def test_an_address_is_clean_or_refused(typed):
    cleaning.fold_email(typed)
    try:
        email = cleaning.clean_email(typed)
    except EmailInvalid:
        return
    assert cleaning.clean_email(email) == email
    assert cleaning.fold_email(typed) == cleaning.fold_email(email)
    assert email.count("@") == 1
    assert len(email) <= 254


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Example.com", " anna@EXAMPLE.COM "),
        ("anna@münchen.example", "ANNA@xn--mnchen-3ya.example"),
    ],
)
def test_addresses_that_are_one_account(one, other):
    assert cleaning.fold_email(one) == cleaning.fold_email(other)


def test_addresses_that_are_two_accounts():
    assert cleaning.fold_email("anna@example.com") != cleaning.fold_email("anna+1@example.com")
    assert cleaning.fold_email("anna@example.com") != cleaning.fold_email("anna@example.org")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/administrators/",
        "/administrators/?q=anna&page=2",
        "/administrators/?q=https://example.org/",
        "/administrators/?next=%2F%2Fevil",
        "/help/two-factor/#disable",
        "/administrators/?q=%C3%A9t%C3%A9",
        "/help/#a//b",
        "/help/?a//b",
        "/" + "x" * 1999,
    ],
)
def test_the_way_on_within_the_site(path):
    assert cleaning.safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "administrators/",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "https://evil.example/",
        "https:evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        " /administrators/",
        "/administrators/ ",
        "/\t/evil.example",
        "\t//evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        "/\x00/",
        "/%2f%2fevil.example",
        "/%2F/evil.example",
        "/%5cevil.example",
        "/%5Cevil.example",
        "/%255cevil.example",
        "/%252f%252fevil.example",
        "/%25252fevil.example",
        "/%2525252525252fevil",
        "/%09/evil.example",
        "/%0d%0aSet-Cookie:a=b",
        "/./",
        "/.//evil.example",
        "/../evil",
        "/a/..//evil.example",
        "/%2e%2e/evil",
        "/%2e%2e//evil.example",
        "/a//b",
        "/a?q=\r\nSet-Cookie:a=b",
        "/a?q=\\",
        "/a#\t",
        "?next=/",
        "#x",
        ".",
        "/\N{RIGHT-TO-LEFT OVERRIDE}x",
        "/\N{IDEOGRAPHIC SPACE}x",
        "/" + "x" * 2000,
        "//[::1",
        "http://[/",
    ],
)
def test_no_way_off_the_site(path):
    assert cleaning.safe_next(path) is None


pieces = st.lists(
    st.sampled_from(
        [
            "/",
            "\\",
            "%2f",
            "%5c",
            "%25",
            "2f",
            "..",
            ".",
            ":",
            "@",
            "?",
            "#",
            "https",
            "evil.example",
            "a",
            "\t",
            " ",
        ]
    ),
    max_size=8,
).map("".join)


@given(path=st.one_of(pieces, pieces.map("/".__add__), st.text()))
def test_whatever_is_let_through_stays_on_the_site(path):
    way = cleaning.safe_next(path)
    if way is None:
        return
    for followed in (way, unquote(way), unquote(unquote(way))):
        way_alone = re.split("[?#]", followed)[0]
        target = urlsplit(urljoin(SITE + "/sign-in/", way_alone))
        assert f"{target.scheme}://{target.netloc}" == SITE
        assert "\\" not in way_alone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Portal.Example.COM. ", "portal.example.com"),
        ("localhost", "localhost"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_is_kept_as_browsers_send_it(typed, kept):
    assert cleaning.clean_host(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "portal", "https://a.example", "a.example:80", "a.example/x", "10.0.0.1", "a b.example"],
)
def test_what_is_no_host_is_refused(typed):
    with pytest.raises(HostInvalid):
        cleaning.clean_host(typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("", "https://a.example/b?c=d#e", "http://localhost:8080", "/help/two-factor/"),
        *("HTTPS://bücher.example/ü", "https://[2001:db8::1]:8443/", "http://192.0.2.7"),
    ],
)
def test_a_link_is_kept(typed):
    assert cleaning.clean_link(f" {typed} ", maximum=300, path=True) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "https:///x",
        "https://me:secret@a.example",
        "https://a.example/\nx",
        "https://a.example/\x00",
        "https://a.example/\u202egro",
        "java\tscript:alert(1)",
        "JavaScript://a.example/%0aalert(1)",
        "https://@a.example/",
        "https://a.example\\@evil.example/",
        "https://-/",
        "https://a..example/",
        'https://a.example"onclick="x/',
        "https://a%2eexample/",
        "https://a.example:port/",
        "https://a.example:70000/",
        "https://:443/",
        "vbscript:x",
        "blob:https://a.example/x",
        "mailto:a@b.example",
        "https:a.example",
        "https://[::1",
        "help/",
        "ftp://a.example",
    ],
)
def test_what_is_no_link_is_refused(typed):
    with pytest.raises(AddressInvalid):
        cleaning.clean_link(typed, maximum=300, path=True)


def test_a_path_is_a_link_only_where_it_may_be():
    with pytest.raises(AddressInvalid):
        cleaning.clean_link("/help/", maximum=300)
    with pytest.raises(TextTooLong):
        cleaning.clean_link("https://a.example/" + "x" * 300, maximum=300)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "O’Neill",
        "Mary (Molly)",
        "J. R.",
        "<b>Ann</b>",
        "李",
        "علی‌رضا",
        "🌻",
        "Łucja",
        "d'Arc",
    ],
)
def test_names_people_have(name):
    assert cleaning.clean_name(name, maximum=60) == name


@pytest.mark.parametrize(
    "name",
    ["ines@harbourbakery.example", "Ines (ines＠x.example)", "Ines ﹫ home"],
)
def test_a_name_is_no_email(name):
    with pytest.raises(NameInvalid):
        cleaning.clean_name(name, maximum=60)


@pytest.mark.parametrize("name", ["", "  ", "\u200d", "\u0301", "\u200c\u200d"])
def test_a_name_is_seen(name):
    with pytest.raises(NameMissing):
        cleaning.clean_name(name, maximum=60)


@pytest.mark.parametrize("character", "\u034f\u115f\u1160\u17b4\u2800\u3164\uffa0\u200b\u00ad")
def test_what_is_drawn_as_nothing_is_in_no_line(character):
    with pytest.raises(TextInvalid):
        cleaning.clean_line(f"Ann{character}a", maximum=60)
