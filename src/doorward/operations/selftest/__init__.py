"""`doorward selftest`: the threats, played against the running installation."""
