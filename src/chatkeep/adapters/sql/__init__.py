"""The SQL database: threads, items, documents."""
