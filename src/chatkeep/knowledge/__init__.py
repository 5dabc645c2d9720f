"""From files to cited passages: parse, chunk, ingest, retrieve."""
