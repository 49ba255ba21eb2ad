"""What is asked of databases beyond Django: hot queries, poolers, clocks, dumps, migrations that only add."""
