"""Phone numbers, by the rules of each country (the package `phonenumbers`, Google's own tables)."""

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from doorward.accounts.errors import PhoneInvalid
from doorward.kernel.text.cleaning import clean_line

_LONGEST_TYPED: Final = 50
_DIALLED: Final = re.compile(r"^\W*[0٠۰]\W*[0٠۰](?=\W*[^\W0٠۰])")
# Programs that keep contacts put these around a number, so that it is read from left to right, and they are copied.
_DIRECTIONS: Final = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# As it is stored: E.164 has 15 digits at most, an extension of a real exchange far fewer than what is left.
LONGEST: Final = 40


def clean_phone(text: str, *, region: str | None) -> str:
    """Return a number as it is stored: '+4930901820', with an extension '+4930901820;ext=12'; "" for nothing.

    `region` (two letters, 'DE') is where a number without a country code is from; None: it needs one. Only the
    length is judged, since new ranges open faster than tables are published. Raises PhoneInvalid, TextInvalid or
    TextTooLong.
    """
    line = clean_line(text.translate(_DIRECTIONS), maximum=_LONGEST_TYPED)
    if not line:
        return ""
    if region is None:
        # As most of the world dials abroad, and people write for it.
        line = _DIALLED.sub("+", line)
    try:
        number = phonenumbers.parse(line, region)
    except NumberParseException as error:
        raise PhoneInvalid from error
    if not phonenumbers.is_possible_number(number):
        raise PhoneInvalid
    stored = _stored(number)
    if len(stored) > LONGEST:
        raise PhoneInvalid
    return stored


def _stored(number: PhoneNumber) -> str:
    plain = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


def readable_phone(stored: str) -> str:
    """Return a stored number in groups, as its country writes it for foreigners: '+49 30 901820'."""
    if not stored:
        return ""
    try:
        number = phonenumbers.parse(stored, None)
    except NumberParseException:
        return stored
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
