"""Texts as people type and read them: cleaned, compared, named, put into tables."""
