"""What an operator does: backups, exports, evidence, checks, the selftest."""
