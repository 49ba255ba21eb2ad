"""Every text at its longest, in every script: kept or refused by name, shown everywhere, never a 500.

On PostgreSQL a column is as long as it says; so this is of use there above all (`make faults`).
"""

from __future__ import annotations

import io
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import segno
import zxingcpp
from click.testing import CliRunner
from django.db import models
from django.test import Client
from django.utils import timezone
from PIL import Image

from doorward.accounts import phones, services
from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.cli.base import main
from doorward.credentials.models import Factor
from doorward.credentials.removal import rename
from doorward.credentials.totp import rules
from doorward.customers import brands, own_tabs
from doorward.customers import services as customers
from doorward.customers.errors import TooManyTabs
from doorward.customers.models import Brand, Customer, Tab
from doorward.environment import MailServer
from doorward.kernel.errors import EmailInvalid, Refusal
from doorward.kernel.text import cleaning, names
from doorward.kernel.text.graphemes import graphemes, shorten
from tests.kit import browsers, codes, passkeys, people
from tests.notifications.mails import Folder, send_to
from tests.whole.routes import walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.django_db

# What fills a text, and how it may come out when it is as long as may be: every one is kept as it is.
SCRIPTS = {
    "plain": "a",
    "four bytes": "𝔸",
    "emoji": "🦊",
    "family": "👩‍👧",
    "flag": "🇩🇪",
    "marks": "ạ̈̂",
    "right to left": "ש",
    "conjunct": "क्ष",
    "three when folded": "ΐ",
    "two when folded": "ß",
    "dotted": "İ",
    "eighteen when compared": "ﷺ",
    "two when composed": "\N{DEVANAGARI LETTER QA}",
    "three when composed": "\N{MUSICAL SYMBOL EIGHTH NOTE}",
}
# What no text of ours has.
REFUSED = {
    "null": "\0",
    "half a character": "\ud800",
    "line separator": "\u2028",
    "paragraph": "\u2029",
    "not seen": "\N{ZERO WIDTH SPACE}",
    "turned round": "\N{RIGHT-TO-LEFT OVERRIDE}",
    "control": "\x85",
    "line feed": "\n",
}


def filled(script: str, length: int) -> str:
    """Return a text of just so many code points, as it is kept (NFC)."""
    whole = unicodedata.normalize("NFC", script * length)[:length]
    # The last letter may have been cut: what is left of it is filled up.
    return unicodedata.normalize("NFC", whole.rstrip()).ljust(length, "x")[:length]


# --- one text after the other ---------------------------------------------------------------------

Write: TypeAlias = "Callable[[str, Administrator], object]"
BY = CONSOLE


def brand(**given: str) -> object:
    whole: dict[str, Any] = {"name": "B", "accent": "#123456", "issuer": "B"} | given
    return brands.add(brands.BrandDetails(**whole), actor=BY)


def tab(**given: Any) -> object:
    key = f"t{Tab.objects.count()}"
    return own_tabs.add(
        key, own_tabs.TabDetails(**{"title": "T", "url": "https://x.example"} | given), actor=BY
    )


def person(owner: Administrator, **given: str) -> object:
    details = services.Details(**{"first_name": "A", "last_name": "B"} | given)
    email = f"p{Administrator.objects.everywhere().count()}@example.com"
    new = services.NewAdministrator(email=email, details=details, tabs=frozenset())
    return services.add(new, customer=owner.customer, actor=BY, now=timezone.now())


def factor(name: str, owner: Administrator) -> object:
    mine, auth = Factor.objects.get(administrator=owner), passkeys.begin(owner)
    rename(mine.id, auth=auth, name=name, actor=people.actor(owner))
    return mine


TEXTS: dict[str, tuple[int, Write]] = {
    "customer": (80, lambda t, _o: customers.add(name=t, actor=BY, now=timezone.now())),
    "brand": (80, lambda t, _o: brand(name=t)),
    "issuer": (60, lambda t, _o: brand(issuer=t)),
    "support phone": (40, lambda t, _o: brand(support_phone=t)),
    "support hours": (80, lambda t, _o: brand(support_hours=t)),
    "tab": (40, lambda t, _o: tab(title=t)),
    "description": (160, lambda t, _o: tab(description=t)),
    "first name": (60, lambda t, o: person(o, first_name=t)),
    "last name": (60, lambda t, o: person(o, last_name=t)),
    "device": (60, factor),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_at_its_bound_is_kept_and_one_more_is_refused(name, owner):
    codes.enable_app(owner)
    bound, write = TEXTS[name]
    for script in SCRIPTS.values():
        write(filled(script, bound), owner)
        with pytest.raises(Refusal):
            write(filled(script, bound + 1), owner)
    for what in REFUSED.values():
        for given in (f"a{what}b", f"{what * 3}a{what}{'x' * bound}"):
            with pytest.raises(Refusal):
                write(given, owner)


def test_every_column_of_text_is_as_long_as_what_may_be_written_into_it():
    """What is derived by folding, too: the longest that one letter becomes is counted in."""
    longest = max(len(chr(one).casefold()) for one in range(0x110000))
    assert longest == cleaning.MOST_FOLDED
    lengths = {
        (model.__name__, field.name): field.max_length or 0
        for model in (Customer, Brand, Tab, Administrator, Factor)
        for field in model._meta.fields
        if isinstance(field, models.CharField)
    }
    assert lengths["Customer", "name"] == customers.NAME_LENGTH
    assert lengths["Customer", "name_folded"] == customers.NAME_LENGTH * longest
    assert lengths["Brand", "name"] == brands.NAME_LENGTH
    assert lengths["Brand", "issuer"] == brands.ISSUER_LENGTH
    assert lengths["Tab", "title"] == own_tabs.TITLE_LENGTH
    assert lengths["Administrator", "phone"] == phones.LONGEST
    # These are cut to the column where they are made.
    for script in SCRIPTS.values():
        made = names.columns(filled(script, 60), filled(script, 60))
        assert all(len(key) <= lengths["Administrator", name] for name, key in made.items())


@pytest.mark.parametrize("extension", ["1", "1" * 15, "1" * 20])
def test_the_longest_phone_number(owner, extension):
    for digits in range(12, 18):
        number = f"+49 {'9' * digits} ext. {extension}"
        try:
            person(owner, phone=number)
        except Refusal:
            continue


@pytest.mark.parametrize("domain", ["d", "ü", "日"])
def test_the_longest_addresses(owner, domain):
    labels = f"{domain * 8}." * 60 + "example"
    for length in range(1, 255):
        email = f"{'a' * 60}@{labels[-length:].lstrip('.')}"
        try:
            cleaned = cleaning.clean_email(email)
        except EmailInvalid:
            continue
        assert len(cleaned) <= cleaning.LONGEST_EMAIL
        assert len(cleaning.fold_email(cleaned)) <= 320
    brand(support_email=f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 55}.example")
    with pytest.raises(Refusal):
        brand(support_email=f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example")
    tab(url="https://x.example/" + "a" * 282)
    with pytest.raises(Refusal):
        tab(url="https://x.example/" + "a" * 283)


# --- all of them at once --------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    path = tmp_path / "mail"
    send_to(monkeypatch, MailServer(kind="file", folder=path))
    return Folder(path)


def portal_of(script: str) -> Administrator:
    """Return somebody of staff in a portal whose every text is as long as may be."""
    provider = people.provider()
    longest: dict[str, Any] = {
        "name": filled(script, 80), "issuer": filled(script, 60), "support_phone": filled(script, 40),
        "support_hours": filled(script, 80), "support_url": "https://x.example/" + "a" * 282,
        "support_email": f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 55}.example",
    }  # fmt: skip
    brands.change(
        provider.brand_id,
        brands.BrandDetails(accent="#123456", is_default=True, **longest),
        actor=BY,
    )
    Customer.objects.filter(id=provider.id).update(name=filled(script, 80))
    tab(title=filled(script, 40), description=filled(script, 160))
    return people.make_administrator(
        people.provider(),
        email=f"{'e' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 55}.example",
        name=f"{filled(script, 60).replace(' ', '_')} {filled(script, 60)}",
        tabs={*people.ALL_TABS, "customers", "brands", "tabs", "t0"},
        require_2fa=True,
    )


# Those that take most room, by bytes, by letters, or when they are compared.
@pytest.mark.parametrize(
    "script",
    ["four bytes", "family", "right to left", "three when folded", "eighteen when compared"],
)
def test_everything_is_shown_mailed_drawn_and_taken_along(script, folder):
    staff = portal_of(SCRIPTS[script])
    browser = browsers.browser_of(staff)
    browser.raise_request_exception = False
    # Led into the set-up, whose picture names issuer, e-mail and customer.
    page = browser.get("/security/2fa/enable/", follow=True)
    assert page.status_code == 200
    codes.enable_app(staff, name=filled(SCRIPTS[script], 60))
    browser = browsers.browser_of(staff)
    people.invite(staff.customer, name=f"{'x' * 60} {filled(SCRIPTS[script], 60)}")
    values = {"person_id": str(staff.id), "administrator_id": str(staff.id)}
    values |= {"customer_id": str(staff.customer_id), "brand_id": str(staff.customer.brand_id)}
    values |= {"tab_id": str(Tab.objects.get().id)}
    for route in walk():
        answer = browser.get(route.path(**values), headers={"X-Language": "de"})
        # Whether the worker is at work is another question.
        assert answer.status_code < 500 or route.pattern == "readyz", route.pattern
    table = browser.get("/activity/export.csv")
    assert filled(SCRIPTS[script], 60) in b"".join(table).decode()
    mails = folder.new()
    assert mails
    assert all(mail["Subject"] and len(str(mail)) for mail in mails)


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_picture_can_always_be_drawn_and_read_and_has_the_whole_secret(script):
    secret = bytes(range(20))
    whole = filled(SCRIPTS[script], 60)
    account = f"{'e' * 64}@{'b' * 60}.{'c' * 60}.example ({filled(SCRIPTS[script], 80)})"
    made = rules.uri(secret=secret, issuer=whole, account=account)
    assert len(made) <= rules.LONGEST_URI
    assert made.count(rules.base32(secret)) == 1
    drawn = io.BytesIO()
    segno.make(made, error="m").save(drawn, kind="png", scale=3, border=4)
    [read] = zxingcpp.read_barcodes(Image.open(drawn))
    assert read.text == made


def is_short(given: str, *, most: int) -> bool:
    return len(given) <= most


@pytest.mark.parametrize(
    ("whole", "letters"),
    [
        ("abc", ["a", "b", "c"]),
        ("ạ̈b", ["ạ̈", "b"]),
        ("👩‍👩‍👧‍👦!", ["👩‍👩‍👧‍👦", "!"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("👍🏽x", ["👍🏽", "x"]),
        ("क्षि", ["क्षि"]),
        ("❤️", ["❤️"]),
        ("", []),
    ],
)
def test_a_text_is_cut_between_letters(whole, letters):
    assert graphemes(whole) == letters
    for longest in range(1, len(whole) + 2):
        cut = shorten(whole, partial(is_short, most=longest))
        assert len(cut) <= longest
        if cut not in {"", whole}:
            assert graphemes(cut)[:-1] == letters[: len(graphemes(cut)) - 1]


# --- tabs, all in one column ----------------------------------------------------------------------


def test_somebody_may_have_every_tab_there_may_be(owner):
    Tab.objects.bulk_create(
        Tab(key=f"{'k' * 36}-{number:03}", title="T", url="https://x.example")
        for number in range(own_tabs.MOST_TABS - 1)
    )
    tab()
    with pytest.raises(TooManyTabs):
        tab()
    keys = frozenset(Tab.objects.values_list("key", flat=True)) | people.ALL_TABS
    assert len(keys) == own_tabs.MOST_TABS + len(people.ALL_TABS)
    wanted = services.Change(tabs=keys)
    services.change(owner.id, wanted, customer_id=owner.customer_id, actor=BY, now=timezone.now())
    assert people.again(owner).tab_keys == keys
    browser = browsers.browser_of(owner)
    assert browser.get("/").status_code == 200
    page = browser.get(f"/administrators/{owner.id}/").content.decode()
    assert [key for key in keys if f'value="{key}"' not in page] == []


# --- from a shell, and in forms -------------------------------------------------------------------

ODD = {**SCRIPTS, **{name: what for name, what in REFUSED.items() if what != "\0"}}


@pytest.mark.parametrize("odd", ODD)
def test_a_command_takes_any_argument(odd, customer):
    given = (ODD[odd] * 9000)[:9000]
    for words in (
        ["customers", "add", given],
        ["administrators", "show", given],
        ["administrators", "add", given, "--customer", given],
        ["administrators", "add", "a@example.com", "--customer", customer.name, "--tab", given],
        [
            "administrators",
            "add",
            "a@example.com",
            "--customer",
            customer.name,
            "--last-name",
            given,
        ],
        ["administrators", "suspend", f"{given}@example.com"],
        ["history", "export", "--customer", given],
    ):
        done = CliRunner().invoke(main, words)
        assert done.exit_code in {0, 1, 2}, words
        assert done.exception is None or isinstance(done.exception, SystemExit), (words, done)


FIELDS = (
    *("email", "password", "first_name", "last_name", "phone", "language", "time_zone"),
    *("next", "code", "name", "q"),
)
FORM = ["/sign-in/", "/password/forgot/", "/profile/", "/administrators/add/", "/prove/"]


@pytest.mark.parametrize("odd", [*SCRIPTS, *REFUSED])
def test_a_form_takes_any_text(odd, owner):
    whole = {**SCRIPTS, **REFUSED}[odd]
    browser = browsers.browser_of(owner)
    for client, paths in ((browser, FORM), (Client(), FORM[:2])):
        client.raise_request_exception = False
        for length in (61, 5000):
            given = (whole * length)[:length].encode("utf-8", "surrogatepass")
            body = b"&".join(name.encode() + b"=" + _quoted(given) for name in FIELDS)
            for path in paths:
                kind = "application/x-www-form-urlencoded"
                assert client.generic("POST", path, body, kind).status_code < 500, (path, odd)
            query = _quoted(given[:1500]).decode()
            for path in ("/administrators/", "/activity/", "/sign-in/"):
                answer = client.get(f"{path}?q={query}&next={query}&status={query}&page={query}")
                assert answer.status_code < 500, (path, odd)


def _quoted(given: bytes) -> bytes:
    return b"".join(b"%%%02X" % one for one in given)
