"""What is sealed opens where it was sealed, with a key of the ring, and never elsewhere."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from doorward.kernel.crypto import sealing
from doorward.kernel.crypto.sealing import SealBroken
from doorward.kernel.models import SealedKey

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
HERE = {"table": "credentials_factor", "row": "1", "purpose": "totp"}


def sealed(plain=b"a secret"):
    return sealing.seal(plain, **HERE)


@pytest.mark.parametrize("plain", [b"", b"a secret", bytes(20), b"x" * 100_000])
def test_it_opens_where_it_was_sealed(keys, plain):
    value = sealed(plain)
    assert sealing.open_sealed(value, **HERE) == plain
    assert sealing.open_sealed(memoryview(value), **HERE) == plain


@pytest.mark.parametrize(
    "elsewhere", [{"table": "credentials_setup"}, {"row": "2"}, {"row": ""}, {"purpose": "codes"}]
)
def test_and_in_no_other_table_row_or_purpose(keys, elsewhere, caplog):
    with pytest.raises(SealBroken, match="it was changed, or it is another row's"):
        sealing.open_sealed(sealed(), **(HERE | elsewhere))
    assert len(caplog.records) == 1
    assert "a secret" not in caplog.text


def test_parts_of_a_place_do_not_run_together(keys):
    value = sealing.seal(b"a secret", table="a", row="bc", purpose="d")
    for table, row, purpose in [("ab", "c", "d"), ("a", "b", "cd"), ("abc", "", "d")]:
        with pytest.raises(SealBroken):
            sealing.open_sealed(value, table=table, row=row, purpose=purpose)


def test_a_bit_that_was_changed_anywhere_keeps_it_shut(keys):
    value = sealed()
    for place, bit in itertools.product(range(len(value)), range(8)):
        changed = bytearray(value)
        changed[place] ^= 1 << bit
        with pytest.raises(SealBroken):
            sealing.unseal(bytes(changed), **HERE)


def test_nor_does_a_part_of_it_open(keys):
    value = sealed()
    for end in range(len(value)):
        with pytest.raises(SealBroken):
            sealing.unseal(value[:end], **HERE)
    with pytest.raises(SealBroken):
        sealing.unseal(value + b"\0", **HERE)


def test_the_same_secret_never_looks_the_same(keys):
    assert len({sealed()[10:22] for _ in range(1000)}) == 1000


def test_a_value_names_its_key(keys):
    assert sealing.key_id_of(sealed()) == keys.ring.newest.id
    assert sealed().startswith(sealing.head_of(keys.ring.newest))
    for strange in (b"", b"\x01", b"\x02\x03abc", bytes(40)):
        assert sealing.key_id_of(strange) == ""


def test_a_new_key_seals_and_the_old_one_still_opens(keys):
    old = sealed()
    key = keys.add(now=NOW)
    assert sealing.key_id_of(sealed()) == key.id
    assert sealing.open_sealed(old, **HERE) == b"a secret"
    assert sealing.open_sealed(sealed(), **HERE) == b"a secret"


def test_what_another_process_sealed_with_a_newer_key_opens(keys, settings):
    other = type(keys)(keys.path, now=NOW)
    other.add(now=NOW)
    ours, settings.KEYS = settings.KEYS, other
    value = sealed()
    settings.KEYS = ours
    assert sealing.open_sealed(value, **HERE) == b"a secret"


def test_a_key_that_is_gone_is_named(keys, monkeypatch, caplog):
    value = sealed()
    old = keys.ring.newest
    keys.add(now=NOW)
    keys.drop(old.id)
    monkeypatch.setattr(sealing, "_ciphers", {})  # as after the next start
    with pytest.raises(SealBroken) as refused:
        sealing.open_sealed(value, **HERE)
    assert str(refused.value) == (
        f"The totp of credentials_factor 1 does not open: its key '{old.id}' is not in the key file."
    )
    assert str(refused.value) in caplog.text


def test_the_key_of_one_id_opens_nothing_of_another(keys):
    value = sealed()
    key = keys.add(now=NOW)
    head = sealing.head_of(key)
    with pytest.raises(SealBroken):
        sealing.unseal(head + value[len(head) :], **HERE)


def test_opening_reads_no_file(keys):
    """What a sign-in opens costs no look at the disk, once the key is known."""
    value = sealed()
    keys.path.unlink()
    keys._ring = None
    assert sealing.open_sealed(value, **HERE) == b"a secret"


@pytest.mark.django_db
def test_a_hash_is_apart_for_each_purpose_and_installation(keys):
    first = sealing.keyed_hash("session", "abc")
    assert first == sealing.keyed_hash("session", b"abc")
    assert (
        len({first, sealing.keyed_hash("browser", "abc"), sealing.keyed_hash("sessiona", "bc")})
        == 3
    )
    SealedKey.objects.all().delete()
    sealing._hash_key.cache_clear()
    assert sealing.keyed_hash("session", "abc") != first


@pytest.mark.django_db
def test_hashes_outlive_the_key_that_seals_their_key(keys):
    before = sealing.keyed_hash("session", "abc")
    keys.add(now=NOW)
    sealing._hash_key.cache_clear()
    assert sealing.keyed_hash("session", "abc") == before
