"""A form is cleaned once and a row is read once: counted over the pages, one by one."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doorward.accounts.phones import clean_phone
from doorward.audit.actor import CONSOLE
from doorward.customers import own_tabs
from doorward.customers.colour import parse_colour
from doorward.kernel.text.cleaning import clean_email, clean_host, clean_link, clean_name
from tests.kit import pages, people
from tests.kit.browsers import browser_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from django.test import Client

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db

CLEANERS = (clean_name, clean_email, clean_phone, clean_host, clean_link, parse_colour)
PHONE = "+49 30 901820"


class Counted:
    """What a request did: which texts were cleaned how often, and how often a row of a table was read."""

    def __init__(self, do: Callable[[], Any]) -> None:
        self.cleaned: Counter[tuple[str, str]] = Counter()
        codes = {cleaner.__code__: cleaner.__name__ for cleaner in CLEANERS}

        def look(frame: FrameType, event: str, _argument: object) -> None:
            if event == "call" and frame.f_code in codes:
                first = frame.f_code.co_varnames[0]
                self.cleaned[codes[frame.f_code], frame.f_locals[first]] += 1

        with CaptureQueriesContext(connection) as queries:
            before = sys.getprofile()
            sys.setprofile(look)
            try:
                self.answer = do()
            finally:
                sys.setprofile(before)
        self.queries = [query["sql"] for query in queries]

    def reads(self, table: str, row: object) -> int:
        """Return how often a row was read as a whole, and not only looked for."""
        ids = f"{row}|{str(row).replace('-', '')}"
        columns = r'"(first_name|hosts|title|name)"'
        mine = re.compile(
            rf"SELECT .*{columns}.* FROM \"{table}\".*(?<!NOT \()\"{table}\"\.\"id\" = '?({ids})"
        )
        return sum(bool(mine.match(sql)) for sql in self.queries)


def test_a_person_s_change(owner: Administrator, colleague: Administrator) -> None:
    browser = browser_of(owner)
    form = pages.form(colleague, first_name="Samira", phone=PHONE, email="samira@new.example")
    done = Counted(lambda: browser.post(pages.page(colleague), form))
    assert done.answer.status_code == 303
    assert people.again(colleague).first_name == "Samira"
    assert done.cleaned == {
        ("clean_name", "Samira"): 1,
        ("clean_name", colleague.last_name): 1,
        ("clean_email", "samira@new.example"): 1,
        ("clean_phone", PHONE): 1,
    }
    assert done.reads("accounts_administrator", colleague.id) == 1, done.queries


def test_a_person_s_change_that_is_refused(owner: Administrator, colleague: Administrator) -> None:
    browser = browser_of(owner)
    form = pages.form(colleague, first_name="a@b", phone="12")
    done = Counted(lambda: browser.post(pages.page(colleague), form))
    assert done.answer.status_code == 422
    assert set(done.cleaned.values()) == {1}
    # The page shows them.
    assert done.reads("accounts_administrator", colleague.id) == 1, done.queries


def test_somebody_new(owner: Administrator) -> None:
    browser = browser_of(owner)
    form = {"email": "lena@x.example", "first_name": "Lena", "last_name": "Fischer", "phone": PHONE}
    done = Counted(lambda: browser.post("/administrators/add/", form))
    assert done.answer.status_code == 303
    assert len(done.cleaned) == 4
    assert set(done.cleaned.values()) == {1}


def test_one_s_own_profile(owner: Administrator) -> None:
    browser = browser_of(owner)
    form = pages.profile(owner, first_name="Inés", phone=PHONE, email="ines@new.example")
    done = Counted(lambda: browser.post("/profile/", form))
    assert done.answer.status_code == 303
    assert people.again(owner).first_name == "Inés"
    assert len(done.cleaned) == 4
    assert set(done.cleaned.values()) == {1}
    assert done.reads("accounts_administrator", owner.id) == 1, done.queries


@pytest.fixture
def staff(customer: object) -> Client:
    del customer
    member = people.make_administrator(
        people.provider(),
        email="nora@brightwave.example",
        tabs=["administrators", "brands", "customers", "tabs"],
    )
    return browser_of(member)


def test_a_brand(staff: Client, owner: Administrator) -> None:
    brand = owner.customer.brand
    form = {
        "name": "Brightwave",
        "issuer": "Brightwave",
        "hosts": "portal.example.com",
        "accent": "#2b50e0",
        "support_email": "help@x.example",
        "support_phone": "",
        "support_url": "https://x.example/",
        "support_hours": "",
        "terms_url": "https://x.example/terms",
        "privacy_url": "https://x.example/privacy",
        "legal_url": "https://x.example/legal",
        "email_from": "no-reply@x.example",
        "is_default": "on",
    }
    done = Counted(lambda: staff.post(f"/brands/{brand.id}/", form))
    assert done.answer.status_code == 303
    assert set(done.cleaned.values()) == {1}
    assert {name for name, _text in done.cleaned} >= {"clean_email", "clean_host", "clean_link"}
    # Once by the change, under its lock; and its hosts before it: who could help at another host is judged by both.
    assert done.reads("customers_brand", brand.id) <= 2, done.queries


def test_a_tab(staff: Client) -> None:
    details = own_tabs.TabDetails(title="PBX", url="/help/")
    tab = own_tabs.add("pbx", details, actor=CONSOLE)
    form = {
        "title": "PBX 2",
        "url": "/help/",
        "description": "",
        "icon": "phone",
        "audience": "everyone",
        "customers": "",
    }
    done = Counted(lambda: staff.post(f"/tabs/{tab.id}/", form))
    assert done.answer.status_code == 303
    assert done.cleaned == {("clean_link", "/help/"): 1}
    assert done.reads("customers_tab", tab.id) == 1, done.queries


def test_a_customer(staff: Client, owner: Administrator) -> None:
    customer = owner.customer
    form = {"name": "Harbour 2", "brand": str(customer.brand_id), "status": "active"}
    done = Counted(lambda: staff.post(f"/customers/{customer.id}/", form))
    assert done.answer.status_code == 303
    assert done.reads("customers_customer", customer.id) == 1, done.queries
