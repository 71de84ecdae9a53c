"""The index: one SQLite file with the documents, their pages and paragraphs, and the postings."""
