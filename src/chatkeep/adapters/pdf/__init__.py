"""Pictures of the pages of PDF files."""
