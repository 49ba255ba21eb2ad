"""How passwords are hashed: Argon2id with parameters of our own (RFC 9106; OWASP's least)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2id(Argon2PasswordHasher):
    """Argon2id, m=19456 KiB, t=2, p=1 unless a setting raises it. Old hashes are renewed."""

    time_cost = settings.DOORWARD.argon2_time
    memory_cost = settings.DOORWARD.argon2_memory_kib
    parallelism = 1
