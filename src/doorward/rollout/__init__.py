"""Requiring it of many: what a policy or a tick would do to each person, before it does."""
