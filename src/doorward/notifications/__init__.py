"""Events that reach a mailbox; the background worker."""
