"""Evaluation: the official metrics on question files, with given paragraphs and through the retriever."""
