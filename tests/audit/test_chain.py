"""The forms in which history is sealed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.audit import chain

# The inputs and the heads that Certificate Transparency's own implementations are tested with (RFC 6962, 2.1).
INPUTS = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    bytes(range(0x60, 0x70)),
]
HEADS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(1, 9))
def test_tree_heads_are_those_of_the_rfc(size: int) -> None:
    leaves = [sha256(b"\x00" + content).digest() for content in INPUTS[:size]]
    assert chain.tree_head(leaves).hex() == HEADS[size - 1]


def recursive(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + recursive(leaves[:half]) + recursive(leaves[half:])).digest()


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_trees_of_any_size_are_those_of_the_rfc(leaves: list[bytes]) -> None:
    assert chain.tree_head(leaves) == recursive(leaves)


def test_an_event_is_no_node_and_no_part() -> None:
    content = {"a": 1}
    form = b'{"a":1}'
    assert chain.leaf_hash(content) == sha256(b"\x00" + form).digest()
    assert chain.personal_hash(b"salt", content) == sha256(b"\x03salt" + form).digest()


def test_the_canonical_form() -> None:
    value = {"b": [True, None, 7], "a": 'é"\\\n\x01/', "c": {"z": "", "y": "😀"}}
    expected = '{"a":"é\\"\\\\\\n\\u0001/","b":[true,null,7],"c":{"y":"😀","z":""}}'
    assert chain.canonical(value) == expected.encode()
    assert json.loads(chain.canonical(value)) == value


def test_half_characters_have_a_form_too() -> None:
    assert chain.canonical({"a": "\ud800"}) == b'{"a":"\xed\xa0\x80"}'


def test_times_are_utc_to_the_microsecond() -> None:
    moment = datetime(2026, 11, 24, 10, 0, 10, 5, tzinfo=timezone(timedelta(hours=1)))
    assert chain.timestamp(moment) == "2026-11-24T09:00:10.000005Z"
    assert chain.timestamp(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z"


def batch(**changed: object) -> chain.Sealed:
    fields: dict[str, object] = {
        "number": 7,
        "size": 3,
        "root": bytes(range(32)),
        "sealed_at": "2026-11-24T09:00:10.000000Z",
        "complete": True,
    }
    return chain.Sealed(**{**fields, **changed})  # type: ignore[arg-type]


def test_a_head_is_over_all_of_its_batch_and_the_head_before() -> None:
    previous = bytes(32)
    form = (
        '{"batch":7,"complete":true,"previous":"' + "00" * 32 + '","root":"'
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        '","sealed_at":"2026-11-24T09:00:10.000000Z","size":3}'
    )
    head = chain.head_hash(batch(), previous=previous)
    assert head == sha256(b"\x02" + form.encode()).digest()
    others = [
        chain.head_hash(batch(**change), previous=previous)
        for change in (
            {"number": 8},
            {"size": 4},
            {"root": bytes(32)},
            {"sealed_at": "2026-11-24T09:00:10.000001Z"},
            {"complete": False},
        )
    ]
    others.append(chain.head_hash(batch(), previous=head))
    assert len({head, *others}) == 7


def test_anchors_are_found_wherever_they_stand() -> None:
    one, two = chain.Anchor(1, bytes(32)), chain.Anchor(120, b"\xab" * 32)
    text = f"Subject: x\n\n2026-11-24T09:00:00Z {one}\n> --against {two}.\n"
    assert chain.anchors_in(text) == [one, two]
    assert chain.anchors_in(f"x{one} {one}0 0{one} 12:00:00 {'a' * 64}") == []
