"""Our codes are those of another implementation: oathtool, of the OATH Toolkit in Debian."""

import random
import shlex
import shutil
import subprocess

import pytest

from doorward.credentials.totp import rules

pytestmark = pytest.mark.slow

HOW_MANY = 1000
LAST_SECOND = 253_402_300_799  # the end of the year 9999, as far as oathtool's calendar goes


def test_a_thousand_random_secrets_and_times():
    tool = shutil.which("oathtool")
    assert tool is not None, "install Debian's oathtool (make test does)"
    chosen = [(random.randbytes(20), random.randint(0, LAST_SECOND)) for _ in range(HOW_MANY)]
    script = "\n".join(
        f"{shlex.quote(tool)} --totp --now @{seconds} --base32 {rules.base32(secret)}"
        for secret, seconds in chosen
    )
    answer = subprocess.run(
        ["/bin/sh", "-e"], input=script, capture_output=True, text=True, check=True, timeout=120
    )
    assert answer.stdout.split() == [
        rules.code_at(secret, seconds // 30) for secret, seconds in chosen
    ]
