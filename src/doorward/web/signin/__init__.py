"""The pages of signing in, of mailed links and of reauthentication."""
