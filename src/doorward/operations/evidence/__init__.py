"""Evidence packs: which tables, of which period, as a report, a PDF and files with a manifest."""
