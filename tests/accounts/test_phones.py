"""Phone numbers as people write them."""

import pytest

from doorward.accounts.errors import PhoneInvalid
from doorward.accounts.phones import clean_phone, readable_phone
from doorward.kernel.errors import TextInvalid, TextTooLong


@pytest.mark.parametrize(
    ("typed", "region", "stored"),
    [
        ("", None, ""),
        ("   ", "DE", ""),
        ("+49 30 901820", None, "+4930901820"),
        ("030 / 90 18 20", "DE", "+4930901820"),
        ("0049 (0)30 901820", "DE", "+4930901820"),
        ("0049 30 901820", None, "+4930901820"),
        ("00 49 (0)30 901820", None, "+4930901820"),
        ("(0049) 30/901820", None, "+4930901820"),
        # Copied from a list of contacts.
        ("\u202d+49 30 901820\u202c", None, "+4930901820"),
        ("\u20660049\u00a030\u00a0901820\u2069", None, "+4930901820"),
        ("0044-20-7946-0018", None, "+442079460018"),
        ("٠٠٤٩٣٠٩٠١٨٢٠", None, "+4930901820"),
        ("(201) 555-0123", "US", "+12015550123"),
        ("+1 201 555 0123 ext. 45", None, "+12015550123;ext=45"),
        ("+12015550123;ext=45", None, "+12015550123;ext=45"),
        ("+٤٩٣٠٩٠١٨٢٠", None, "+4930901820"),
    ],
)
def test_numbers(typed, region, stored):
    assert clean_phone(typed, region=region) == stored
    assert clean_phone(stored, region=None) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("030 901820", "000 49 30 901820", "00", "0000", "00999 123456", "hello", "+49"),
        *("+999 123456", "12", "+1 201 555 0123 4567", "<script>"),
    ],
)
def test_no_numbers(typed):
    with pytest.raises(PhoneInvalid):
        clean_phone(typed, region=None)


def test_what_no_line_may_have():
    with pytest.raises(TextInvalid):
        clean_phone("+49 30\x00 901820", region=None)
    with pytest.raises(TextTooLong):
        clean_phone("+49 30 " + "1" * 60, region=None)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("", ""),
        ("+4930901820", "+49 30 901820"),
        ("+12015550123;ext=45", "+1 201-555-0123 ext. 45"),
        ("?", "?"),
    ],
)
def test_shown_as_its_country_writes_it(stored, read):
    assert readable_phone(stored) == read
