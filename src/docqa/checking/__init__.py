"""Checking an index against itself, and making its inverted index anew from the stored paragraphs."""
