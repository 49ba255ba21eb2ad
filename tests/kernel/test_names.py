"""By what names are found and sorted: small ASCII words, from any script, in the order that readers expect."""

from __future__ import annotations

import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.kernel.text import names


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ärzte", "arzte aerzte"),
        ("Özgür", "ozgur oezguer oezgur ozguer"),
        ("Łódź", "lodz"),
        ("Øre Åse", "ore ase oere aase"),
        ("Đorđe Þórr Ðeild", "dorde thorr deild"),
        ("Straße STRASSE", "strasse strasse"),
        ("İstanbul ısı", "istanbul isi"),
        ("Œuvre ĳ ﬁ Ｆull", "oeuvre ij fi full"),
        ("O'Brien O’Brien OʼBrien", "obrien obrien obrien"),
        ("Anna-Lena", "anna lena"),
        ("24/7 & Söhne", "24 7 sohne 24 7 soehne"),
        ("C++ €uro 🍕", "c++ €uro 🍕"),
        ("Иван", "ivan"),
        ("Γιάννης", "giannis"),
        ("北京", "beijing"),
        ("e\u0301 é", "e e"),
        (" \u200d\u00ad \t", ""),
    ],
)
def test_a_name_is_found_by_what_everybody_can_type(name, key):
    assert names.search_key(name) == key


def test_a_word_is_found_however_much_of_it_is_written_out():
    found = names.search_key("Öztürk-Ærø", "Jürgen Bühnenübergänge").split()
    for letters in itertools.product(("o", "oe"), ("u", "ue")):
        assert "{}zt{}rk".format(*letters) in found
    for three in itertools.product(("u", "ue"), ("u", "ue"), ("a", "ae")):
        assert "b{}hnen{}berg{}nge".format(*three) in found
    # Twice as many with each more: from four on all of them are written out, or none.
    assert names.search_key("Äöüå") == "aoua aeoeueaa"


@given(st.text())
def test_a_key_is_made_of_anything_and_is_its_own_key(text):
    folded = names.fold(text)
    assert names.fold(folded) == folded
    assert folded == " ".join(folded.split())
    for column, key in names.columns(text, text).items():
        assert "\0" not in key
        assert len(key) <= (names.LONGEST_SORT_KEY if column == "name_sort" else 4500)


@pytest.mark.slow
def test_the_longest_names_have_room():
    letters = (chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000)
    worst = max(len(names.search_key(letter)) for letter in letters)
    # Two names of 60 letters, or a customer's of 80; each letter as long as the longest, in both forms.
    assert (120 * (worst + 1)) * 2 <= names.LONGEST_SEARCH_KEY


def test_names_stand_where_a_reader_looks_for_them():
    expected = [
        ("24/7",), ("Anton",), ("Ärzte",), ("Berg", "Anna"), ("Bérg", "Zoe"), ("Berg-Mayer", "Ada"),
        ("Berger", "Ada"), ("de Vries",), ("Łódź",), ("Lübeck",), ("Öre",), ("Ostern",), ("Özgür",),
        ("zeta",), ("Άννα",), ("Иванов",), ("Йод",), ("Петров",), ("北京",),
    ]  # fmt: skip
    assert sorted(set(expected), key=lambda name: names.sort_key(*name)) == expected


def test_who_has_one_name_is_sorted_by_it():
    assert names.sort_key("", "Sukarno") == names.sort_key("Sukarno", "") == "sukarno"
