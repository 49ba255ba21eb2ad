"""Argon2id with small parameters."""

from doorward.credentials.password.hashers import KeyedArgon2id


class Small(KeyedArgon2id):
    time_cost = 1
    memory_cost = 64
