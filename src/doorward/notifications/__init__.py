"""Events that reach a mailbox: who is told, letters, the outbox, the background worker."""
