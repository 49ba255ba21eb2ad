"""Settings: typed, documented, refused by name, never shown."""

from __future__ import annotations

import os
import pickle
from ipaddress import ip_network
from pathlib import Path

import pytest

from doorward import environment
from doorward.environment import MailServer, WrongSetting, load
from doorward.environment.derived import Derived
from doorward.environment.fields import Environment


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in list(os.environ):
        if name.startswith("DOORWARD_"):
            monkeypatch.delenv(name)


def given(monkeypatch, **settings):
    for name, value in settings.items():
        monkeypatch.setenv(f"DOORWARD_{name.upper()}", value)
    return load()


def test_the_defaults():
    found = load()
    assert found.origin == "http://localhost:8000"
    assert not found.https
    assert found.database == f"sqlite:///{Path('doorward-data').absolute()}/doorward.sqlite3"
    assert found.keys == Path("doorward-data/keys.json")
    assert found.mail_server == MailServer(kind="file", folder=Path("doorward-data/mail"))
    assert found.mailbox_proof


@pytest.mark.parametrize(
    "name", ["portal #1", "a?b", "100%", "a%20b", "a;b", "ü", "a\nb", "a\\b", "\udcff", ":memory:"]
)
def test_the_database_is_in_the_data_folder_whatever_that_is_called(monkeypatch, tmp_path, name):
    """Two folders, `#1` and `#2`, would have one database, beside both."""
    folder = tmp_path / name
    found = given(monkeypatch, data_dir=str(folder))
    assert found.sqlite_file == folder / "doorward.sqlite3"
    assert given(monkeypatch, database_url=found.database).sqlite_file == found.sqlite_file


def test_every_setting_says_what_it_is():
    for name, field in Environment.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_a_monitors_token_is_long_and_never_shown(monkeypatch):
    assert "monitor has" not in repr(given(monkeypatch, metrics_token="a token that a monitor has"))
    with pytest.raises(WrongSetting, match="DOORWARD_METRICS_TOKEN: it must have at least 16"):
        given(monkeypatch, metrics_token="short")
    for never_sent in ("ein Schlüssel, der lang genug ist", "in two lines,\nlong enough"):
        with pytest.raises(WrongSetting, match="DOORWARD_METRICS_TOKEN: it must be ASCII"):
            given(monkeypatch, metrics_token=never_sent)


def test_what_a_collector_asks_for_is_never_shown_nor_sent_in_clear(monkeypatch):
    wanted = "Authorization=Bearer%20s3cret,x-tenant=north"
    found = given(monkeypatch, otlp_headers=wanted, otlp_endpoint="https://otlp.example.com")
    assert found.headers_of_traces == {"Authorization": "Bearer s3cret", "x-tenant": "north"}
    assert "s3cret" not in repr(found)
    assert given(monkeypatch, otlp_endpoint="http://127.0.0.1:4318").headers_of_traces
    for elsewhere in ("http://otlp.example.com:4318", ""):
        with pytest.raises(WrongSetting, match="DOORWARD_OTLP_HEADERS: they go with") as refused:
            given(monkeypatch, otlp_endpoint=elsewhere)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "headers", ["s3cret", "a=", "=s3cret", "a b=s3cret", "a=s3cret%0d%0aX:y", "a=s3cret%E2%80%A6"]
)
def test_what_is_no_header_is_refused_and_not_shown(monkeypatch, headers):
    with pytest.raises(WrongSetting, match="DOORWARD_OTLP_HEADERS: it must be NAME=") as refused:
        given(monkeypatch, otlp_headers=headers, otlp_endpoint="https://otlp.example.com")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("contact", ["mailto:security@example.com", "https://example.com/report"])
def test_a_security_contact_is_an_address(monkeypatch, contact):
    assert given(monkeypatch, security_contact=contact).security_contact == contact


@pytest.mark.parametrize(
    "contact",
    ["security@example.com", "http://example.com", "mailto:nobody", "https://", "mailto:a@b\nX: y"],
)
def test_another_security_contact_is_refused(monkeypatch, contact):
    with pytest.raises(WrongSetting, match="DOORWARD_SECURITY_CONTACT: it must be mailto:"):
        given(monkeypatch, security_contact=contact)


def test_the_origin_follows_the_port(monkeypatch):
    assert given(monkeypatch, bind="127.0.0.1:8123").origin == "http://localhost:8123"


def test_https_comes_from_the_public_address(monkeypatch):
    found = given(monkeypatch, public_url="https://portal.example.com/")
    assert found.https
    assert found.origin == "https://portal.example.com"


@pytest.mark.parametrize(
    ("bind", "host", "port"),
    [
        ("127.0.0.1:8123", "127.0.0.1", 8123),
        ("localhost:8123", "localhost", 8123),
        ("LocalHost.:8123", "localhost", 8123),
        ("localhost", "localhost", 8000),
        ("[::1]:8123", "::1", 8123),
        ("[::1]", "::1", 8000),
        ("::1:8123", "::1", 8123),
        ("[::]:8123", "::", 8123),
        (":8123", "0.0.0.0", 8123),
    ],
)
def test_it_listens_on_names_and_addresses_of_either_kind(monkeypatch, bind, host, port):
    found = given(monkeypatch, bind=bind)
    assert (found.host, found.port) == (host, port)
    assert given(monkeypatch, bind=found.bind) == found


@pytest.mark.parametrize(
    "spelt",
    [
        "https://münchen.example:8443",
        "https://MÜNCHEN.example.:8443/",
        "https://xn--mnchen-3ya.example:8443",
        " https://XN--mnchen-3YA.Example:8443 ",
    ],
)
def test_a_public_address_has_one_spelling(monkeypatch, spelt):
    assert given(monkeypatch, public_url=spelt).origin == "https://xn--mnchen-3ya.example:8443"
    assert given(monkeypatch, public_url="https://A.Example:443/").origin == "https://a.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "tcp://10.96.0.7:8000"),
        ("PORT", "tcp://[fd00::7]:8000"),
        ("SERVICE_HOST", "10.96.0.7"),
        ("SERVICE_PORT", "8000"),
        ("SERVICE_PORT_HTTP", "8000"),
        ("PORT_8000_TCP", "tcp://10.96.0.7:8000"),
        ("PORT_8000_TCP_PROTO", "tcp"),
        ("PORT_8000_TCP_PORT", "8000"),
        ("PORT_8000_TCP_ADDR", "10.96.0.7"),
        ("PORT_53_UDP_ADDR", "10.96.0.7"),
        ("WEB_SERVICE_HOST", "10.96.0.7"),
        ("WEB_PORT", "tcp://10.96.0.7:80"),
        ("DATABASE_PORT_5432_TCP_ADDR", "10.96.0.8"),
        ("NAME", "/portal/doorward"),
        ("ENV_PATH", "/usr/bin"),
        # Docker's of ports in a row, and of a container's own variables, whatever they are called.
        ("PORT_8000_TCP_START", "tcp://172.17.0.5:8000"),
        ("PORT_8000_TCP_ADDR", "172.17.0.5"),
        ("PORT_8000_TCP_PORT_START", "8000"),
        ("WEB_PORT_8000_TCP_END", "tcp://172.17.0.5:8003"),
        ("WEB_PORT_8000_TCP_PORT_END", "8003"),
        ("ENV_cluster.name", "x"),
        ("WEB_ENV_a-b", "x"),
    ],
)
def test_what_a_cluster_says_of_a_service_is_no_setting(monkeypatch, name, value):
    monkeypatch.setenv(f"DOORWARD_{name}", value)
    assert load() == Environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "8000"),
        ("PORT", "tcp"),
        ("NAME", "portal"),
        ("SERVICE", "x"),
        ("PORT_HTTP", "80"),
        ("PUBLIC_HOST", "x"),
        ("PORT_START", "8000"),
        ("ENV", "x"),
        ("cluster.name", "x"),
    ],
)
def test_a_name_that_somebody_made_up_is_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"DOORWARD_{name}", value)
    with pytest.raises(WrongSetting, match=f"DOORWARD_{name} is not a setting of Doorward"):
        load()


def test_what_a_cluster_never_writes_is_refused_in_a_file(monkeypatch, tmp_path):
    file = tmp_path / "doorward.conf"
    file.write_text("DOORWARD_SERVICE_HOST=10.96.0.7\n")
    monkeypatch.setenv("DOORWARD_CONFIG", str(file))
    with pytest.raises(WrongSetting, match="DOORWARD_SERVICE_HOST"):
        load()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"# ours\n\nDOORWARD_PUBLIC_URL https://portal.example.com\n", "line 3"),
        (b"DOORWARD_WORKERS=2\nDOORWARD_MAILBOX_PROOF\n", "line 2"),
        (b'DOORWARD_EMAIL_FROM="it@example.com\n', "line 1"),
        (b"DOORWARD_EMAIL_FROM=\xff\n", "UTF-8"),
    ],
)
def test_a_line_that_sets_nothing_stops_the_start(monkeypatch, tmp_path, text, said):
    file = tmp_path / "doorward.conf"
    file.write_bytes(text)
    monkeypatch.setenv("DOORWARD_CONFIG", str(file))
    with pytest.raises(WrongSetting, match=said) as caught:
        load()
    assert str(caught.value).startswith("DOORWARD_CONFIG: ")
    assert "example.com" not in str(caught.value), "there may be a secret in it"


def test_a_folder_is_no_file_of_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("DOORWARD_CONFIG", str(tmp_path))
    with pytest.raises(WrongSetting, match="cannot be read"):
        load()


def test_what_a_shell_understands_is_read(monkeypatch, tmp_path):
    file = tmp_path / "doorward.conf"
    file.write_text("# ours\n\nexport DOORWARD_WORKERS='3'  # as many as cores\nOTHER=1\n")
    monkeypatch.setenv("DOORWARD_CONFIG", str(file))
    assert load().workers == 3


def test_an_empty_value_is_no_value(monkeypatch, tmp_path):
    file = tmp_path / "doorward.conf"
    file.write_text("DOORWARD_WORKERS=7\nDOORWARD_HISTORY_DAYS=\nDOORWARD_COLOUR=\n")
    monkeypatch.setenv("DOORWARD_CONFIG", str(file))
    for name in Environment.model_fields:
        monkeypatch.setenv(f"DOORWARD_{name.upper()}", "")
    monkeypatch.setenv("DOORWARD_SHAPE", "")
    found = load()
    assert found.workers == 7
    assert found.model_copy(update={"workers": 2}) == Environment.model_construct()


def test_what_surrounds_a_value_is_no_part_of_it(monkeypatch, tmp_path):
    """A secret that is kept in a file has a line end."""
    token = "a token that a monitor has"
    given(
        monkeypatch,
        metrics_token=f"{token}\n",
        data_dir=f"{tmp_path}\r\n",
        bind=" localhost:8123\n",
    )
    found = given(monkeypatch, mailbox_proof="false\n", log_format="json\n", keys_file=" \n")
    assert (found.metrics_token, found.data_dir, found.port) == (token, tmp_path, 8123)
    assert (found.mailbox_proof, found.log_format, found.keys) == (
        False,
        "json",
        tmp_path / "keys.json",
    )
    monkeypatch.setenv("DOORWARD_SHAPE", " \n")
    assert load() == found


@pytest.mark.parametrize("value", ['"/srv/secret-word"', "'/srv/secret-word'", "~/secret-word"])
@pytest.mark.parametrize("name", ["data_dir", "keys_file", "backup_dir", "metrics_token"])
def test_what_a_shell_would_have_taken_off_is_refused(monkeypatch, name, value):
    """Docker gives what stands in its files as it is written: else there is a new, empty folder of that name."""
    with pytest.raises(WrongSetting) as refused:
        given(monkeypatch, **{name: value})
    assert str(refused.value).startswith(f"DOORWARD_{name.upper()}: it ")
    assert "secret-word" not in str(refused.value)


def test_a_secret_may_begin_with_a_tilde_and_a_password_with_any_sign(monkeypatch):
    token = "~a token that a monitor has"
    passwords = "postgresql://user:%22a%22@host/name", "smtp://user:~%27b%27@mail.example:587"
    found = given(
        monkeypatch, metrics_token=token, database_url=passwords[0], email_url=passwords[1]
    )
    assert found.metrics_token == token
    assert found.mail_server.password == "~'b'"


def test_a_command_may_have_its_words_in_quotation_marks(monkeypatch):
    command = "'/opt/a vault' get 'doorward keys'"
    assert given(monkeypatch, keys_command=command).keys_command == command


@pytest.mark.parametrize(
    "sender",
    [
        "portal@example.com",
        "Nörthline <portal@example.com>",
        "portal@münchen.example",
        "root@mailhost",
    ],
)
def test_mail_comes_from_an_address(monkeypatch, sender):
    assert given(monkeypatch, email_from=sender).email_from == sender


def test_proxies_are_a_list_with_commas(monkeypatch):
    found = given(monkeypatch, trusted_proxies="10.0.0.0/8, ::1,")
    assert found.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, "starttls")),
        ("smtp://mail.example:25", ("mail.example", 25, "starttls")),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none")),
        ("smtp://localhost", ("localhost", 587, "none")),
        ("smtps://mail.example", ("mail.example", 465, "tls")),
        ("smtps://localhost:4650", ("localhost", 4650, "tls")),
    ],
)
def test_mail_is_encrypted_except_on_this_machine(monkeypatch, url, expected):
    server = given(monkeypatch, email_url=url).mail_server
    assert (server.host, server.port, server.security) == expected


def test_mail_names_and_passwords_are_decoded_and_not_shown(monkeypatch):
    found = given(monkeypatch, email_url="smtp://me%40here:p%3Aq@mail.example")
    assert (found.mail_server.user, found.mail_server.password) == ("me@here", "p:q")
    assert "p:q" not in repr(found.mail_server)
    assert "p%3Aq" not in repr(found)


def test_secrets_are_not_shown(monkeypatch):
    found = given(monkeypatch, database_url="postgresql://u:hidden@host/name")
    assert "hidden" not in repr(found) + str(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bind", "8000"),
        ("bind", "127.0.0.1:0"),
        ("bind", "127.0.0.1:65536"),
        ("bind", ":0"),
        ("bind", "secret-word:http"),
        ("bind", "two words:8000"),
        ("bind", "[portal]:8000"),
        ("bind", "[::1]8000"),
        ("bind", "127.0.0.256:8000"),
        ("workers", "0"),
        ("workers", "secret-word"),
        ("public_url", "portal.example.com"),
        ("public_url", "ftp://portal.example.com"),
        ("public_url", "https://portal.example.com/below"),
        ("public_url", "https://secret-word@portal.example.com"),
        ("public_url", "https://portal.example.com:secret-word"),
        ("database_url", "mysql://u:secret-word@host/name"),
        ("database_url", "postgresql://u:secret-word@host"),
        ("database_url", "sqlite://"),
        ("database_url", "sqlite:////srv/secret-word%00x"),
        ("database_url", "sqlite:////srv/secret-word#1/portal.sqlite3"),
        ("database_url", "sqlite:////srv/secret-word?mode=ro"),
        ("database_url", "sqlite://srv/secret-word"),
        ("email_url", "file://secret-word/mail"),
        ("email_url", "file:///srv/secret-word#1"),
        ("email_url", "smtp://u:secret-word@host?tls=no"),
        ("email_url", "smtp://u:secret-word@host/tls"),
        ("email_url", "smtp://u:secret-word@host:0"),
        # libpq would read up to there, and go to the server that it takes by itself.
        ("database_url", "postgresql://u:secret-word%00@host/name"),
        ("email_from", "secret-word"),
        ("email_from", "secret-word@example.com, b@example.com"),
        ("email_from", "a@example.com\r\nBcc: secret-word@example.com"),
        ("email_from", "sëcret-word@example.com"),
        ("anchor_email", "sëcret-word@example.com"),
        ("database_direct_url", "sqlite:////srv/secret-word"),
        ("database_direct_url", "postgresql://u:secret-word@host"),
        ("database_direct_url", "postgresql://u:secret-word@host/name"),  # no pooler on SQLite
        ("email_url", "imap://u:secret-word@host"),
        ("email_url", "smtp://"),
        ("trusted_proxies", "10.0.0.0/8,secret-word"),
        ("mailbox_proof", "secret-word"),
        ("log_format", "secret-word"),
        ("breach_check_url", "http://secret-word.example.com/range"),
        ("breach_check_url", "https://secret-word@example.com/range"),
        ("otlp_endpoint", "http://secret-word@collector.example:4318"),
        ("otlp_endpoint", "http://collector.example:4318/?secret-word"),
        ("otlp_endpoint", "grpc://collector.example:4317"),
        ("otlp_endpoint", "collector:4318"),
        ("breach_check_url", "https://example.com/range?secret-word"),
        ("breach_check_url", "https://example.com/ra nge"),
        ("breach_check_url", "https://example.com/range\r\nX: y"),
        ("breach_check_url", "file:///secret-word"),
        ("breach_check_url", "https://"),
        ("argon2_memory_kib", "19455"),
        ("argon2_time", "1"),
    ],
)
def test_a_wrong_value_is_named_in_one_sentence_and_not_shown(monkeypatch, name, value):
    with pytest.raises(WrongSetting) as caught:
        given(monkeypatch, **{name: value})
    sentence = str(caught.value)
    assert sentence.startswith(f"DOORWARD_{name.upper()}: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "secret-word" not in sentence


def test_an_unknown_name_is_refused(monkeypatch):
    with pytest.raises(WrongSetting, match=r"^DOORWARD_COLOUR is not a setting of Doorward\.$"):
        given(monkeypatch, colour="blue")


def test_a_file_gives_settings_and_the_environment_wins(monkeypatch, tmp_path):
    file = tmp_path / "doorward.env"
    file.write_text("DOORWARD_WORKERS=3\nDOORWARD_BIND=127.0.0.1:9000\nPATH=/elsewhere\n")
    found = given(monkeypatch, config=str(file), workers="4")
    assert (found.workers, found.port) == (4, 9000)


def test_an_unknown_name_in_the_file_is_refused(monkeypatch, tmp_path):
    file = tmp_path / "doorward.env"
    file.write_text("DOORWARD_COLOUR=blue\n")
    with pytest.raises(WrongSetting, match="DOORWARD_COLOUR"):
        given(monkeypatch, config=str(file))


def test_the_demonstration_stays_on_this_machine(monkeypatch):
    assert given(monkeypatch, demo="true").demo
    with pytest.raises(WrongSetting, match="loopback only"):
        given(monkeypatch, demo="true", bind="0.0.0.0:8000")


@pytest.mark.parametrize(
    "address",
    [
        "smtp://portal:p%FCss@mail.example",
        "smtp://p%FC:x@mail.example",
        "smtp://portal:a%00b@mail.example",
        "smtp://portal:a%0Ab@mail.example",
        "smtp://portal:\udcfcx@mail.example",
    ],
)
def test_a_mail_servers_password_that_cannot_be_sent_stops_the_start(monkeypatch, address):
    with pytest.raises(WrongSetting, match="DOORWARD_EMAIL_URL: its user and password must be UTF"):
        given(monkeypatch, email_url=address)


@pytest.mark.parametrize("written", ["p%C3%A4ss", "päss"])
def test_a_mail_servers_password_may_be_written_as_it_is_or_encoded(monkeypatch, written):
    found = given(monkeypatch, email_url=f"smtp://portal:{written}@mail.example")
    assert found.mail_server.password == "päss"


def test_what_was_read_elsewhere_says_the_same(monkeypatch, tmp_path):
    """`doorward run` reads settings in a process that ends, and they come from there as they were."""
    read = given(
        monkeypatch,
        data_dir=str(tmp_path),
        bind="127.0.0.1:8123",
        trusted_proxies="10.0.0.0/8",
        otlp_endpoint="https://traces.example",
        otlp_headers="Authorization=Bearer%20hidden",
        email_url="smtp://me:hidden@mail.example",
    )
    monkeypatch.setattr(environment, "_kept", [])
    environment.keep(pickle.loads(pickle.dumps(environment.settle())))
    settled = load()
    follows = [name for name in vars(Derived) if isinstance(vars(Derived)[name], property)]
    assert len(follows) > 5
    for name in [*Environment.model_fields, *follows, "model_fields_set"]:
        assert getattr(settled, name) == getattr(read, name), name
    assert settled.cookie_name("one") == read.cookie_name("one")
    assert "hidden" not in repr(settled)
    with pytest.raises(AttributeError):
        settled.workers = 3  # type: ignore[misc]
