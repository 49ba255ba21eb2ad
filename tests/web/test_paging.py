"""Which page of a list an address asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from django.test import RequestFactory

from doorward.web.kit.paging import page_number

if TYPE_CHECKING:
    from doorward.web.http.requests import Request


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1),
        ("3", 3),
        ("0", 1),
        ("-2", 1),
        ("x", 1),
        ("²", 1),
        ("١", 1),
        ("1.5", 1),
        ("9" * 5000, 999_999_999),
    ],
)
def test_whatever_an_address_says_there_is_a_page(text: str, number: int) -> None:
    request = cast("Request", RequestFactory().get("/", {"page": text}))
    assert page_number(request) == number
