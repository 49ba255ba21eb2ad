"""The room Security: one's own factors, recovery codes, sessions, a lost device, a new phone."""
