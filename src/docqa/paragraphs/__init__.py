"""Paragraphs: rebuilt from the lines of a page, each with a map back to the page's characters."""
