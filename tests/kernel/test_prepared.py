"""Statements that are written once say what Django's own would, on either database."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import OuterRef, Subquery, Value
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.customers.models import Customer, Tab
from doorward.kernel.db.prepared import Prepared, PreparedInsert, PreparedUpdate
from tests.kit import people

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def tabs():
    for place, title in enumerate(["100 % cotton", "What?", "%s"]):
        Tab.objects.create(key=f"tab{place}", title=title, url="https://x.example", position=place)


def _named():
    return Prepared(lambda key: Tab.objects.filter(key=key).values_list("id", "title"))


def test_it_gives_what_the_queryset_gives():
    named = _named()
    for key in ("tab0", "tab1", "tab2", "tab0", "nobody"):
        assert named.rows(key) == list(Tab.objects.filter(key=key).values_list("id", "title"))


def test_columns_of_every_type_are_what_the_queryset_makes_of_them():
    now = timezone.now()
    people.make_customer("One", require_2fa=True, grace_from=now)
    people.make_customer("Two", grace_from=now.replace(microsecond=0))
    people.make_customer("Three")
    moment = Subquery(Customer.objects.filter(id=OuterRef("id")).values("grace_from")[:1])

    def query(name):
        named = Customer.objects.filter(name=name)
        return named.values_list(
            "id", "brand_id", "require_2fa", "grace_from", "grace_days", moment
        )

    prepared = Prepared(query)
    for name in ("One", "Two", "Three"):
        [row], [expected] = prepared.rows(name), list(query(name))
        assert row == expected
        assert [type(value) for value in row] == [type(value) for value in expected]


def test_marks_in_constants_stay_what_they_are():
    said = Prepared(
        lambda key: Tab.objects.filter(key=key, title__contains="%").values_list(
            "title", Value("100 %s?")
        )
    )
    assert said.rows("tab0") == [("100 % cotton", "100 %s?")]
    assert said.rows("tab1") == []


def test_a_value_that_looks_like_sql_is_a_value():
    assert _named().rows("' OR 1=1 --") == []


def test_who_listens_hears_it():
    named = _named()
    named.rows("tab0")
    with CaptureQueriesContext(connection) as heard:
        assert len(named.rows("tab0")) == 1
    assert len(heard) == 1


def test_an_update_says_how_many_rows_it_changed():
    renamed = PreparedUpdate(lambda key, title: (Tab.objects.filter(key=key), {"title": title}))
    assert renamed.run("tab0", "Silk") == 1
    assert renamed.run("nobody", "Silk") == 0
    assert Tab.objects.get(key="tab0").title == "Silk"


def test_errors_are_djangos_and_break_the_transaction():
    inserted = PreparedInsert(Tab)
    columns = {"id": uuid.uuid4(), "key": "tab0", "title": "Again", "url": "https://x.example"}
    with pytest.raises(IntegrityError), transaction.atomic():
        inserted.run(**columns)
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            inserted.run(**columns)
        assert Tab.objects.count() == 3


def test_in_a_broken_transaction_nothing_runs():
    named = _named()
    named.rows("tab0")
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(transaction.TransactionManagementError):
            named.rows("tab0")


def test_a_column_that_does_not_exist_is_a_mistake():
    with pytest.raises(TypeError, match="no column colour"):
        PreparedInsert(Tab).run(colour="red")
