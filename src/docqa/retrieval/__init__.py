"""The retriever: BM25 over an inverted index that lives in the index file and grows with it."""
