"""People: accounts, passwords, invitations, access rights, sessions."""
