"""What turns one version of the database into the next; run by `adapters.sql.migrate`.

One module a revision in `versions/`, written by hand and never changed once released; add its number
to `schema.REVISIONS`.
"""
