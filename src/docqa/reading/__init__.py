"""Reading: a BERT-like model scores every span of every window of the candidate paragraphs."""
