"""Answers: spans of all paragraphs in one ranking, equal ones merged, each with the places that say it."""
