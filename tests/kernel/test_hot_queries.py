"""Statements that are written once say what Django's own would, on either database."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, OuterRef, Subquery, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import doorward
from doorward.accounts.models import Administrator
from doorward.customers.models import Tab
from doorward.kernel.db.hot_queries import HotInsert, HotQuery, HotUpdate
from tests.kit import people

pytestmark = pytest.mark.django_db
MOST = 8


@pytest.fixture(autouse=True)
def tabs():
    for place, title in enumerate(["100 % cotton", "What?", "%s"]):
        Tab.objects.create(key=f"tab{place}", title=title, url="https://x.example", position=place)


def _named():
    return HotQuery(lambda key: Tab.objects.filter(key=key).values("id", "title"))


def test_it_gives_what_the_queryset_gives():
    named = _named()
    for key in ("tab0", "tab1", "tab2", "tab0", "nobody"):
        assert named.rows(key=key) == list(Tab.objects.filter(key=key).values("id", "title"))


@pytest.mark.parametrize("microsecond", [0, 120, 123456])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_a_moment_of_any_zone_finds_what_was_written_then(zone, microsecond):
    moment = timezone.now().replace(microsecond=microsecond)
    person = people.make_administrator(people.make_customer(), last_signed_in_at=moment)
    rows = Administrator.objects.everywhere()
    hot = HotQuery(
        lambda at, until: rows.filter(
            last_signed_in_at__gte=at, last_signed_in_at__lt=until
        ).values("id")
    )
    then = moment.astimezone(ZoneInfo(zone))
    for until, found in ((then + timedelta(microseconds=1), [{"id": person.id}]), (then, [])):
        assert hot.rows(at=then, until=until) == found


def test_columns_of_every_type_are_what_the_queryset_makes_of_them():
    now = timezone.now()
    customer = people.make_customer("One")
    made: dict[str, dict[str, Any]] = {
        "One": {"require_2fa": True, "last_signed_in_at": now, "wave_share": 7},
        "Two": {"last_signed_in_at": now.replace(microsecond=0)},
        "Three": {},
    }
    for name, columns in made.items():
        people.make_administrator(customer, email=f"{name}@x.example", name=name, **columns)
    rows = Administrator.objects.everywhere()
    moment = Subquery(rows.filter(id=OuterRef("id")).values("last_signed_in_at")[:1])

    def query(name):
        named = rows.filter(first_name=name)
        columns = ("id", "customer_id", "require_2fa", "last_signed_in_at", "wave_share")
        return named.values(*columns, moment=moment, since=F("customer__since"))

    hot = HotQuery(query)
    for name in ("One", "Two", "Three"):
        [row], [expected] = hot.rows(name=name), list(query(name))
        assert row == expected
        assert [type(value) for value in row.values()] == [
            type(value) for value in expected.values()
        ]


def test_marks_in_constants_stay_what_they_are():
    said = HotQuery(
        lambda key: Tab.objects.filter(key=key, title__contains="%").values(
            "title", said=Value("100 %s?")
        )
    )
    assert said.rows(key="tab0") == [{"title": "100 % cotton", "said": "100 %s?"}]
    assert said.rows(key="tab1") == []


def test_more_or_fewer_values_are_a_statement_each():
    def query(**keys):
        return Tab.objects.filter(key__in=tuple(keys.values())).values("key")

    hot = HotQuery(query)
    assert hot.rows(one="tab0") == [{"key": "tab0"}]
    assert hot.rows(one="tab0", other="tab1") == [{"key": "tab0"}, {"key": "tab1"}]
    assert hot.rows(one="tab2") == [{"key": "tab2"}]


def test_a_value_that_looks_like_sql_is_a_value():
    assert _named().rows(key="' OR 1=1 --") == []


def test_a_value_that_the_query_does_not_ask_for_is_a_mistake():
    with pytest.raises(RuntimeError, match="each of its values"):
        HotQuery(lambda key: Tab.objects.exclude(key=key[:0]).values("id")).rows(key="tab0")


def test_who_counts_queries_counts_it(django_assert_num_queries):
    named = _named()
    named.rows(key="tab0")
    with django_assert_num_queries(1):
        assert len(named.rows(key="tab0")) == 1


def test_it_runs_the_same_whether_somebody_listens_or_not(monkeypatch):
    """All goes by Django's cursor: what tests see is what runs."""
    named, updated, inserted = (
        _named(),
        HotUpdate(lambda key, title: (Tab.objects.filter(key=key), {"title": title})),
        HotInsert(Tab),
    )
    asked = []
    cursor = connection.cursor

    def opened():
        asked.append(1)
        return cursor()

    monkeypatch.setattr(connection, "cursor", opened)
    named.rows(key="tab0")
    updated.run(key="tab0", title="Silk")
    inserted.run(id=uuid.uuid4(), key="tab9", title="New", url="https://x.example")
    assert len(asked) == 3
    with CaptureQueriesContext(connection) as heard:
        named.rows(key="tab0")
    assert (len(asked), len(heard)) == (4, 1)


def test_an_update_says_how_many_rows_it_changed():
    renamed = HotUpdate(lambda key, title: (Tab.objects.filter(key=key), {"title": title}))
    assert renamed.run(key="tab0", title="Silk") == 1
    assert renamed.run(key="nobody", title="Silk") == 0
    assert Tab.objects.get(key="tab0").title == "Silk"


def test_errors_are_djangos_and_break_the_transaction():
    inserted = HotInsert(Tab)
    columns = {"id": uuid.uuid4(), "key": "tab0", "title": "Again", "url": "https://x.example"}
    with pytest.raises(IntegrityError), transaction.atomic():
        inserted.run(**columns)
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            inserted.run(**columns)
        assert Tab.objects.count() == 3


def test_in_a_broken_transaction_nothing_runs():
    named = _named()
    named.rows(key="tab0")
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            named.rows(key="tab0")


def test_a_column_that_does_not_exist_is_a_mistake():
    with pytest.raises(TypeError, match="no column colour"):
        HotInsert(Tab).run(colour="red")


@pytest.mark.one_database
def test_at_most_eight_statements_are_hot():
    made = [
        f"{file.name}: {found}"
        for file in Path(doorward.__file__).parent.rglob("*.py")
        for found in re.findall(r"\bHot(?:Query|Update|Insert)\(.*", file.read_text())
    ]
    assert len(made) <= MOST, made
