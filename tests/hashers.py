"""Argon2id with small parameters."""

from doorward.administrators.hashers import Argon2id


class Small(Argon2id):
    time_cost = 1
    memory_cost = 64
