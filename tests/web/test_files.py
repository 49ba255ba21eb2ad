"""The files of pages: from the installed program, under the hash of their content, whole or not at all."""

from __future__ import annotations

import gzip
from hashlib import blake2b

import pytest
from django.conf import settings

from doorward.web.http import static_files

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

CSS = static_files.address_of("portal.css")
PICTURE = static_files.address_of("help/en/menu.webp")


def content(answer):
    return b"".join(answer.streaming_content)


def on_disk(name):
    return (static_files.FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", sorted(static_files.files()))
def test_each_is_served_for_good_as_it_was_hashed(client, name):
    answer = client.get(static_files.address_of(name))
    body = content(answer)
    assert answer.status_code == 200
    assert body == on_disk(name)
    assert int(answer["Content-Length"]) == len(body)
    assert answer["Cache-Control"].endswith("immutable")
    assert blake2b(body, digest_size=6).hexdigest() in static_files.address_of(name)


def test_what_is_text_comes_packed_to_who_takes_it(client):
    packed = client.get(CSS, headers={"Accept-Encoding": "br, gzip"})
    body = content(packed)
    assert packed["Content-Encoding"] == "gzip"
    assert packed["Vary"] == "Accept-Encoding"
    assert len(body) == int(packed["Content-Length"]) < len(on_disk("portal.css")) / 2
    assert gzip.decompress(body) == on_disk("portal.css")
    plain = client.get(PICTURE, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain


def test_a_part_is_served_as_a_part(client):
    whole = on_disk("help/en/menu.webp")
    for asked, part in (("10-19", whole[10:20]), ("-7", whole[-7:]), ("40000-", whole[40000:])):
        answer = client.get(PICTURE, headers={"Range": f"bytes={asked}"})
        assert (answer.status_code, content(answer)) == (206, part)
    beyond = client.get(PICTURE, headers={"Range": f"bytes={len(whole) + 5}-"})
    assert beyond.status_code == 416


def test_what_a_browser_has_is_not_sent_again(client):
    first = client.get(CSS)
    again = client.get(CSS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, content(again)) == (304, b"")
    head = client.head(CSS)
    assert (head.status_code, content(head)) == (200, b"")
    assert head["Content-Length"] == first["Content-Length"]
    assert client.post(CSS).status_code == 405


@pytest.mark.parametrize(
    "path", ["portal.css", "portal.000000000000.css", "", "../files.py", "portal.css.gz"]
)
def test_nothing_else_is_there(client, customer, path):
    assert client.get(f"/static/{path}").status_code == 404


def test_a_file_that_changes_on_the_disk_is_not_served_under_the_old_address(
    client, tmp_path, monkeypatch
):
    (tmp_path / "a.txt").write_bytes(b"as it was")
    monkeypatch.setattr(static_files, "FOLDER", tmp_path)
    static_files.files.cache_clear()
    try:
        served = static_files.Files(lambda _request: pytest.fail("it was not found"))
        address = static_files.address_of("a.txt")
        (tmp_path / "a.txt").write_bytes(b"half of")
        request = client.get("/healthz").wsgi_request
        request.path_info = address
        assert content(served(request)) == b"as it was"
    finally:
        static_files.files.cache_clear()


def test_none_of_them_is_written_anywhere():
    assert not settings.STATIC_ROOT
    assert not (settings.DOORWARD.data_dir / "static").exists()
