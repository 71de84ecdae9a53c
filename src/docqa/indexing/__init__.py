"""Indexing: what changed in a folder is read in worker processes and written by one writer, a transaction a file."""
