"""The page of an error, when even what it needs is broken."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from doorward.customers import cached

pytestmark = pytest.mark.django_db


def test_without_a_brand_there_is_still_a_page_with_the_number(customer, caplog):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE customers_brand RENAME TO hidden")
    cached.forget()
    answer = Client(raise_request_exception=False).get("/sign-in/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong" in page
    assert f"<code>{answer['X-Request-ID']}</code>" in page
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert "customers_brand" not in page
    assert "customers_brand" in caplog.text
