"""People: adding, changing and inviting them, e-mail, mailed links, exceptions, and that somebody can still help."""
