"""Who gets in, and what is asked of them first: one pure decision on facts that one query reads."""
