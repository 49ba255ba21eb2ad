"""Keys that a command prints: taken as they are, bounded in time and size, and never shown."""

from __future__ import annotations

import json
import shlex
import sys
import time
from datetime import UTC, datetime

import pytest

from doorward.kernel.crypto import keys_command
from doorward.kernel.crypto.keyring import KeyFile, KeyRingBroken
from doorward.kernel.crypto.keys_command import CommandedKeys


def python(code: str) -> str:
    """Return a command that runs this."""
    return shlex.join([sys.executable, "-c", code])


def refused(command: str) -> str:
    with pytest.raises(KeyRingBroken) as found:
        CommandedKeys(command)
    assert found.value.__cause__ is None
    return str(found.value)


def test_the_ring_is_what_the_file_would_give(tmp_path):
    file = KeyFile(tmp_path / "keys.json", now=datetime(2026, 11, 27, tzinfo=UTC))
    file.add(now=datetime(2026, 11, 28, tzinfo=UTC))
    found = CommandedKeys(f"cat {shlex.quote(str(file.path))}")
    assert found.ring == file.ring
    assert len(found.ring.keys) == 2


def test_no_shell_reads_it(tmp_path):
    mark = tmp_path / "mark"
    refused(f"echo '{{}}' ; touch {mark}")
    refused(f"echo $(touch {mark})")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('a-secret')", "cannot be read: JSONDecodeError."),
        ('print(\'{"keys": ["a-secret"]}\')', "cannot be read: "),
        ("print('{\"keys\": []}')", "does not hold one usable key or more."),
        ("print('[]')", "cannot be read: TypeError."),
        ("print('ä')", "cannot be read: UnicodeDecodeError."),
        ("print('a-secret'); raise SystemExit(3)", "failed with status 3: it said nothing."),
        (
            "import sys; print('a-secret'); print('no such\\n path', file=sys.stderr); raise SystemExit(2)",
            "failed with status 2: no such\\n path.",
        ),
        ("print('a-secret' * 100_000)", "prints more than 131072 bytes"),
    ],
)
def test_what_is_no_ring_is_said_without_a_word_of_it(code, said):
    sentence = refused(python(code))
    assert said in sentence
    assert "DOORWARD_KEYS_COMMAND" in sentence
    assert "a-secret" not in sentence


@pytest.mark.parametrize("command", ["/nowhere/vault read", "'unclosed", "  "])
def test_what_is_no_command_is_said(command):
    assert refused(command).startswith("DOORWARD_KEYS_COMMAND cannot be run: ")


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(120)",
        # It closes what it prints to, and stays.
        "import os, time; os.close(1); os.close(2); time.sleep(120)",
        # Somebody else holds what it printed to.
        "import subprocess; subprocess.Popen(['sleep', '120'])",
    ],
)
def test_it_is_not_waited_for_without_end(monkeypatch, code):
    monkeypatch.setattr(keys_command, "SECONDS", 0.5)
    began = time.monotonic()
    assert refused(python(code)) == "DOORWARD_KEYS_COMMAND did not end within 0.5 seconds."
    assert time.monotonic() - began < 60


def test_it_is_not_told_our_settings(monkeypatch):
    monkeypatch.setenv("DOORWARD_DATABASE_URL", "postgresql://portal:hidden@db/portal")
    monkeypatch.setenv("VAULT_ADDR", "https://vault.example")
    code = (
        "import os, sys; sys.exit(str([n for n in os.environ if 'DOORWARD' in n or 'VAULT' in n]))"
    )
    assert "['VAULT_ADDR']" in refused(python(code))


def test_a_ring_is_a_ring_in_json_alone():
    ring = {"keys": [{"id": "k1", "secret": "A" * 43 + "="}]}
    assert CommandedKeys(f"echo '{json.dumps(ring)}'").ring.newest.id == "k1"
