"""Activity: the customer's history, to be searched and exported."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts.events import CHANGE_REFUSED
from doorward.accounts.models import Administrator
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.events import HISTORY_EXPORTED, Outcome
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.events import PASSWORD_CHANGED
from doorward.kernel.text import tables
from doorward.kernel.text.tables import safe_cell
from doorward.sessions.events import SIGNED_IN
from doorward.signin.events import SIGN_IN_FAILED
from doorward.web.activity import export, filters
from doorward.web.http import streaming
from doorward.web.kit.csv_separator import separator_of
from tests.kit import browsers, people

INES = "Ines Moreau (ines.moreau@harbourbakery.example)"
SAMUEL = "Samuel Osei (samuel.osei@harbourbakery.example)"


@pytest.fixture
def browser(owner):
    return browsers.browser_of(owner)


def lines(answer) -> list[str]:
    """Return the sentences of the timeline."""
    found = re.findall(r'<li><span class="dot.*?<p>(.*?)</p>', answer.content.decode(), re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in found]


def link(page: str, rel: str) -> str:
    """Return where the one link of this relation leads."""
    (anchor,) = (one for one in re.findall(r"<a\b[^>]*>", page) if f'rel="{rel}"' in one)
    href: str = anchor.partition('href="')[2].partition('"')[0]
    return href.replace("&amp;", "&")


def write(person, number=1, event_type=SIGNED_IN, **fields):
    actor = Actor(
        person=person.who(), client=ClientInfo(address="203.0.113.24", browser=people.CHROME)
    )
    with transaction.atomic():
        for _ in range(number):
            record(event_type, actor=actor, **fields)
    return list(Event.objects.order_by("-id")[:number])[::-1]


def test_what_happened_is_told_newest_first(owner, colleague, browser):
    browser.post(f"/administrators/{colleague.id}/", {})
    write(
        colleague,
        event_type=SIGN_IN_FAILED,
        outcome=Outcome.FAILED,
        details={"reason": "wrong_credentials"},
    )
    answer = browser.get("/activity/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-page="activity"' in page
    assert lines(answer)[0] == f"Somebody tried to sign in as {SAMUEL}. failed"
    assert "wrong e-mail or password" in page
    assert "Chrome on Linux · 203.0.113.24" in page
    assert f"{INES} signed in." in lines(answer)
    assert f"The operator added {SAMUEL}." in lines(answer)


def test_nothing_of_another_customer_is_there(owner, outsider, browser):
    page = browser.get("/activity/").content.decode()
    assert "Mallory" not in page
    assert "Mallory" not in b"".join(browser.get("/activity/export.csv").streaming_content).decode()
    assert lines(browser.get("/activity/?q=Mallory")) == []


def test_who_has_no_right_sees_nothing(colleague):
    browser = browsers.browser_of(colleague)
    for path in ("/activity/", "/activity/export/", "/activity/export.csv"):
        assert browser.get(path).status_code == 403, path
    assert not people.events(HISTORY_EXPORTED)


@pytest.mark.parametrize("path", ["/activity/", "/activity/export/", "/activity/export.csv"])
def test_a_stranger_is_asked_to_sign_in(path, customer, client):
    assert client.get(path)["Location"].startswith("/sign-in/?next=")


def test_the_kind_narrows(owner, browser):
    write(owner, event_type=PASSWORD_CHANGED)
    assert lines(browser.get("/activity/?group=password")) == [f"{INES} changed their password."]
    assert f"{INES} signed in." in lines(browser.get("/activity/?group=sign-in"))


def test_the_outcome_narrows(owner, browser):
    write(owner, event_type=CHANGE_REFUSED, outcome=Outcome.REFUSED)
    assert len(lines(browser.get("/activity/?outcome=refused"))) == 1
    assert lines(browser.get("/activity/?outcome=failed")) == []


@pytest.mark.parametrize(("few", "most"), [(50, 1000), (0, 1000), (0, 0)])
def test_the_person_is_found_however_the_name_is_typed(
    owner, colleague, browser, monkeypatch, few, most
):
    # As one of a few who are called so, of many, and of very many.
    monkeypatch.setattr(filters, "FEW_PEOPLE", few)
    monkeypatch.setattr(filters, "MOST_PEOPLE", most)
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(
        **Administrator.name_columns(first_name="Söréna", last_name="Osei")
    )
    write(people.again(colleague), event_type=PASSWORD_CHANGED)
    for typed in ("osei", "OSEI", "sorena", "Söréna", "samuel.osei@"):
        found = lines(browser.get("/activity/", {"q": typed}))
        assert "Söréna Osei (samuel.osei@harbourbakery.example) changed their password." in found, (
            typed
        )
    assert lines(browser.get("/activity/", {"q": "nobody"})) == []


def test_the_days_narrow_in_the_readers_time_zone(owner, browser):
    Administrator.objects.of(owner.customer_id).update(time_zone="Asia/Tokyo")
    (event,) = write(owner, event_type=PASSWORD_CHANGED)
    # 20:00 in London on the third is 05:00 in Tokyo on the fourth.
    Event.rewritable.filter(id=event.id).update(at=datetime(2026, 3, 3, 20, tzinfo=UTC))
    for query, there in (
        ("from=2026-03-04&to=2026-03-04", True),
        ("from=2026-03-05", False),
        ("to=2026-03-03", False),
    ):
        found = lines(browser.get(f"/activity/?group=password&{query}"))
        assert bool(found) is there, query


@pytest.mark.parametrize(
    "query",
    [
        "group=x&outcome=y&from=z&to=2026-13-45&before=q&after=w",
        "q=%00%01%F0%9F%98%80",
        "from=0001-01-01&to=9999-12-31",
        "group=sign-in&group=people&q=a&q=b",
        "q=" + "x" * 5000,
        "q=%25_%5C%27%22",
        "page=-1&before=&after=",
    ],
)
@pytest.mark.parametrize("path", ["/activity/", "/activity/export/", "/activity/export.csv"])
def test_odd_filters_break_nothing(browser, query, path):
    assert browser.get(f"{path}?{query}").status_code == 200


def test_filters_stay_on_the_page_and_in_its_links(owner, browser):
    write(owner, 60)
    page = browser.get("/activity/?group=sign-in&q=Ines&from=2026-01-02").content.decode()
    assert '<option value="sign-in" selected>' in page
    assert 'value="Ines"' in page
    assert 'value="2026-01-02"' in page
    older = link(page, "next")
    assert "group=sign-in" in older
    assert "q=Ines" in older
    assert 'href="/activity/export/?q=Ines&amp;group=sign-in&amp;from=2026-01-02"' in page


def test_pages_lead_on(owner, browser):
    write(owner, 60)
    page = browser.get("/activity/")
    assert len(lines(page)) == 50
    second = browser.get(link(page.content.decode(), "next"))
    assert 10 <= len(lines(second)) < 50
    assert 'rel="prev"' in second.content.decode()


def test_a_search_without_a_hit_says_what_to_do(browser):
    page = browser.get("/activity/?q=nobody").content.decode()
    assert "Nothing matches these filters." in page


@pytest.mark.parametrize("number", [1, 200])
def test_the_page_costs_the_same_however_much_happened(
    owner, browser, number, django_assert_num_queries
):
    write(owner, number)
    browser.get("/activity/")
    with django_assert_num_queries(2):
        browser.get("/activity/")
    # Who of the customer is meant, who of the provider, which lines are theirs, and these.
    with django_assert_num_queries(5):
        browser.get("/activity/?q=Ines&group=sign-in&outcome=ok&from=2020-01-01")


def test_names_are_text(owner, browser):
    Administrator.objects.of(owner.customer_id).update(first_name="<script>alert(1)</script>")
    write(people.again(owner))
    page = browser.get("/activity/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


# --- taking it along ------------------------------------------------------------------------------


def text_of(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def table(answer, separator=",") -> list[dict[str, str]]:
    text = text_of(answer).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


def test_the_table_has_what_the_page_has(owner, browser):
    write(owner, event_type=PASSWORD_CHANGED)
    answer = browser.get("/activity/export.csv?group=password")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(
        r'attachment; filename="history-[\d-]{10}\.csv"', answer["Content-Disposition"]
    )
    assert answer["Cache-Control"] == "no-store"
    (row,) = table(answer)
    assert row["event"] == "password_changed"
    assert row["what"] == f"{INES} changed their password."
    assert (row["actor"], row["outcome"]) == ("Ines Moreau", "ok")
    told = (row["actor_type"], row["actor_email"], row["actor_id"])
    assert told == ("person", owner.email, str(owner.id))
    assert (row["subject_email"], row["subject_id"]) == (owner.email, str(owner.id))
    assert (row["browser"], row["address"]) == ("Chrome on Linux", "203.0.113.24")
    assert datetime.fromisoformat(row["time"]).tzinfo is UTC
    assert row["id"] == str(UUID(row["id"]))


def test_taking_it_along_is_an_event(owner, browser):
    table(browser.get("/activity/export.csv?group=password&q=Ines"))
    (event,) = people.events(HISTORY_EXPORTED)
    assert event.actor_id == owner.id
    # Whom was looked for is not kept: it would stay when that person is erased.
    assert event.details == {"filters": ["group=password", "q=…"]}
    assert "narrowed to: group=password, q=…" in browser.get("/activity/").content.decode()


def test_looking_whether_it_is_there_is_none(browser):
    assert browser.head("/activity/export.csv").status_code == 200
    assert browser.get("/activity/export/").status_code == 200
    assert not people.events(HISTORY_EXPORTED)


def test_its_page_says_what_is_taken_along(owner):
    page = browsers.browser_of(owner).get("/activity/export/").content.decode()
    assert 'action="/activity/export.csv"' in page
    assert '<option value="comma" selected>' in page
    assert "events" in page


def test_the_separator_is_offered_and_the_filters_go_with_it(owner):
    browser = browsers.browser_of(owner)
    page = browser.get("/activity/export/?group=password&q=Ines").content.decode()
    assert '<input type="hidden" name="group" value="password">' in page
    assert '<input type="hidden" name="q" value="Ines">' in page
    for name, separator in (("semicolon", ";"), ("comma", ","), ("tab", ","), ("", ",")):
        answer = browser.get("/activity/export.csv", {"separator": name})
        assert text_of(answer).startswith(f"\ufefftime{separator}event{separator}")


def test_the_table_speaks_the_readers_language(owner):
    Administrator.objects.of(owner.customer_id).update(language="de")
    answer = browsers.browser_of(owner).get("/activity/export.csv")
    text = text_of(answer)
    # As a German spreadsheet opens it: UTF-8 by its mark, columns by semicolons.
    assert text.startswith("\ufefftime;event;outcome;")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert rows[0]["what"].startswith(f"{INES} ")
    assert "Ines Moreau" in {row["actor"] for row in rows}


@pytest.mark.parametrize(
    ("language", "separator"),
    [
        ("en", ","),
        ("en-gb", ","),
        ("de", ";"),
        ("de-ch", ","),
        ("fr", ";"),
        ("pt-br", ";"),
        ("x", ","),
    ],
)
def test_columns_are_separated_as_the_readers_spreadsheet_expects(language, separator):
    assert separator_of(language) == separator


@pytest.mark.parametrize("cut", [",", ";", "|", "\t", "\n", ", ", ";  ", ';"', ',""', '; "'])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
def test_a_cell_that_another_spreadsheet_cuts_is_no_formula_either(cut, sign):
    assert safe_cell(f"Ines{cut}{sign}1+1") == f"Ines{cut}'{sign}1+1"


@pytest.mark.parametrize(("ours", "theirs"), [(",", ";"), (";", ",")])
@pytest.mark.parametrize("text", ['x{}"=1+1{}y', 'x{}""=1+1{}"y', "x{}'\"=1+1{}y"])
def test_nor_is_one_that_is_cut_within_quotation_marks(ours, theirs, text):
    found = "".join(
        tables.lines(["who"], [["a", text.format(theirs, theirs), "b"]], separator=ours)
    )
    for row in csv.reader(found.splitlines(), delimiter=theirs):
        assert not any(cell.startswith("=") for cell in row)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1", '=HYPERLINK("http://e.example")']
)
def test_no_cell_is_a_formula(text, owner, browser):
    assert safe_cell(text) == f"'{text}"
    Administrator.objects.of(owner.customer_id).update(first_name=text, last_name="")
    write(people.again(owner), event_type=PASSWORD_CHANGED)
    (row,) = table(browser.get("/activity/export.csv?group=password"))
    assert row["actor"] == safe_cell(text.strip())


def test_plain_cells_stay_as_they_are():
    assert safe_cell("Ines Moreau") == "Ines Moreau"
    assert safe_cell("") == ""


def test_it_is_streamed_at_a_constant_number_of_queries(owner, browser, django_assert_num_queries):
    write(owner, 50)
    table(browser.get("/activity/export.csv"))
    answer = None
    # The gate, the right, one more of so many, the event in its transaction, the table.
    with django_assert_num_queries(7):
        answer = browser.get("/activity/export.csv")
        assert len(table(answer)) > 50
    assert answer.streaming


def test_all_pages_of_it_are_there_and_none_twice(owner, browser, monkeypatch):
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 20)
    write(owner, 40)
    rows = table(browser.get("/activity/export.csv?group=sign-in"))
    assert len({row["id"] for row in rows}) == len(rows) == 41


def test_a_person_has_one_under_way_and_a_process_a_few(owner, colleague, browser):
    first = browser.get("/activity/export.csv")
    refused = browser.get("/activity/export.csv")
    assert refused.status_code == 429
    assert refused["Retry-After"] == str(streaming.WAIT_SECONDS)
    assert len(people.events(HISTORY_EXPORTED)) == 1
    table(first)
    others = [streaming.UnderWay(iter(()), whose=uuid4()) for _ in range(streaming.MOST)]
    assert browser.get("/activity/export.csv").status_code == 429
    others[0].close()
    answer = browser.get("/activity/export.csv")
    assert table(answer)
    others[1].close()
    assert browser.get("/activity/export.csv").status_code == 200


def test_what_was_never_begun_is_not_under_way(owner, browser, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(streaming, "record_export", lambda *_, **__: 1 / 0)
        browser.raise_request_exception = False
        assert browser.get("/activity/export.csv").status_code == 500
    assert table(browser.get("/activity/export.csv"))


@pytest.mark.parametrize("path", ["/activity/", "/activity/export/", "/activity/export.csv"])
def test_nothing_is_changed_here(browser, path):
    assert browser.post(path).status_code == 405


def test_the_time_is_told_with_the_exact_one(browser):
    now = timezone.now()
    browser.get("/activity/")
    page = browser.get("/activity/").content.decode()
    assert f'<time datetime="{now.astimezone(UTC):%Y-%m-%d}T' in page
