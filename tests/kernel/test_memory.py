"""Memory that was freed is kept while there is work, and given back when there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from doorward.kernel import memory

# In a program of its own: what others keep is not counted.
SCRIPT = """
import threading, time
from argon2.low_level import Type, hash_secret_raw
from doorward.kernel import memory

def held():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss_Anon"))

def work():
    memory.keep()
    begun = held()
    hash_secret_raw(b"word", b"salt" * 4, time_cost=1, memory_cost=19456, parallelism=1, hash_len=32, type=Type.ID)
    kept = held()
    memory.give_back()
    print(kept - begun, held() - begun)

worker = threading.Thread(target=work)
worker.start()
worker.join()
"""


@pytest.mark.skipif(memory._glibc() is None, reason="glibc alone has it")
def test_what_a_hash_filled_is_kept_and_given_back() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    kept, left = map(int, done.stdout.split())
    assert kept > 18 * 1024
    assert left < 2 * 1024
