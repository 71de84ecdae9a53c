"""What several tests share: a small folder of documents, and an index over it."""

from pathlib import Path

import pytest

from docqa.cli import main
from docqa.indexing import run
from docqa.indexing.answer import as_bytes, checked_answer, learn
from docqa.indexing.run import index_paths
from docqa.indexing.worker import read_file
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.fresh import fresh_entries
from docqa.retrieval.numbered import TermNumbering, Vocabulary
from docqa.retrieval.packed import packed, unpack
from docqa.retrieval.search import score_paragraphs, search_paragraphs
from docqa.retrieval.segments import removed_of
from docqa.store.copies import stored_copies
from docqa.store.documents import stored_documents
from docqa.store.opening import open_database
from docqa.store.paragraphs import pages_of, paragraphs_of
from pdf_maker import make_pdf

SAMPLE = Path(__file__).parent.parent / "data" / "sample"

TREATY = """# The Harbour Treaty

The treaty was signed by Marta Olsen on the third of May 1921 in the town hall of Bergen.

## Article 1

Each harbour keeps a record of the ships that enter it, and sends a copy to the council every winter.
"""

REPORT = """The lighthouse

The lighthouse at Skagen was built of red brick. Its lamp burned rapeseed oil until 1904, when it was
changed to petroleum.

The keeper of the lighthouse wrote down the wind each hour.
"""

GUIDE = (
    "How to enter the harbour.\nShips wait outside the mole until the pilot waves.",
    "The pilot is paid in silver.",
)

#: Queries whose scores tell whether two indexes are the same.
QUERIES = ("harbour treaty", "lighthouse red brick keeper", "pilot ships guide", "notes txt", "Marta")


class OpenIndex:
    """An index in a file, open for writing, with what tests ask of it."""

    def __init__(self, path):
        self.path = path
        self.analyzer = Analyzer()
        self.db = open_database(path, create=True)

    def update(self, *paths, **options):
        return index_paths(self.db, self.path, paths, analyzer=self.analyzer, **options)

    def search(self, query, *, limit=100, path=None, **parameters):
        return search_paragraphs(
            self.db, query, limit=limit, analyzer=self.analyzer, parameters=Parameters(**parameters), path=path
        )

    def scores(self, query, **parameters):
        """The score of each paragraph that holds a word of the query, by paragraph id."""
        ids, scores = score_paragraphs(self.db, query, analyzer=self.analyzer, parameters=Parameters(**parameters))
        return dict(zip(ids.tolist(), scores.tolist(), strict=True))

    def documents(self):
        return {document.path: document for document in stored_documents(self.db)}

    def copies(self):
        """The path of the document by the path of its copy."""
        paths = {document.id: path for path, document in self.documents().items()}
        return {copy.path: paths[copy.document] for copy in stored_copies(self.db)}

    def paragraphs(self, path):
        return paragraphs_of(self.db, self.documents()[path].id)

    def contents(self):
        """All an index holds that does not depend on when and in which order files were indexed."""
        documents, places = {}, {}
        for path, document in self.documents().items():
            entries = self.paragraphs(path)
            places.update((entry.id, (path, entry.number)) for entry in entries)
            documents[path] = (
                (document.sha256, document.size, document.status, document.code, document.error),
                (document.title, document.author, document.language, document.pages, document.paragraphs),
                (document.extractor, document.extractor_version),
                pages_of(self.db, document.id),
                [(entry.number, entry.paragraph) for entry in entries],
                [row["terms"] for row in self.db["paragraphs"].rows_where("document = ?", [document.id])],
            )
        scores = {
            (query, variant): {places[number]: score for number, score in self.scores(query, variant=variant).items()}
            for query in QUERIES
            for variant in ("plus", "l", "okapi")
        }
        postings = {(term, *places[number]): counts for (term, number), counts in all_postings(self.db).items()}
        statistics = self.db.conn.execute("SELECT paragraphs, terms FROM statistics").fetchall()
        return documents, self.copies(), scores, postings, statistics

    def close(self):
        self.db.close()


def all_postings(db):
    """Occurrences and length by term and paragraph id, wherever they are stored."""
    words = dict(db.conn.execute("SELECT id, term FROM terms"))
    found = {}
    parts = [
        (term, unpack([packed(data)]).without(removed_of(db, segment)))
        for term, segment, data in db.conn.execute("SELECT term, segment, data FROM postings").fetchall()
    ]
    for _, entries in fresh_entries(db):
        parts += [(term, entries.of_term(term)) for term in set(entries.terms.tolist())]
    for term, part in parts:
        columns = (part.paragraphs, part.frequencies, part.lengths)
        for number, frequency, length in zip(*(column.tolist() for column in columns), strict=True):
            assert (words[term], number) not in found
            found[words[term], number] = (frequency, length)
    return found


class WorkersHere:
    """Stands for `Workers` where a test indexes too often to start processes: reads in this one, through bytes too."""

    def __init__(self, count, analyzer, *options):
        self.analyzer, self.options = analyzer, options
        self.numbering, self.vocabulary = TermNumbering(analyzer), Vocabulary()

    def read(self, paths):
        for path in paths:
            read = read_file(path, self.analyzer, *self.options, numbering=self.numbering)
            answer = checked_answer(as_bytes({**read, "seconds": 0.0}))
            if "error" not in answer:
                self.numbering.told = len(self.numbering.vocabulary.terms)
                self.vocabulary = learn(answer, self.vocabulary)
            yield path, answer

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        pass


@pytest.fixture
def call(capsys):
    """Calls docqa in this process: its exit code, standard output and standard error."""

    def call_docqa(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return ended.value.code, *capsys.readouterr()

    return call_docqa


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with three documents, in the current folder."""
    monkeypatch.chdir(tmp_path)
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "treaty.md").write_text(TREATY, encoding="utf-8")
    (documents / "report.txt").write_text(REPORT, encoding="utf-8")
    (documents / "guide.pdf").write_bytes(make_pdf(*GUIDE, title="Pilot guide"))
    return documents


@pytest.fixture
def open_index(tmp_path):
    """Opens indexes in the test's folder by name, and closes them."""
    opened = []

    def open_one(name="docqa.db"):
        opened.append(OpenIndex(tmp_path / name))
        return opened[-1]

    yield open_one
    for index in opened:
        index.close()


@pytest.fixture
def index(open_index):
    """A new, empty index."""
    return open_index()


@pytest.fixture
def workers_here(monkeypatch):
    """Files are read in this process instead of in workers."""
    monkeypatch.setattr(run, "Workers", WorkersHere)


@pytest.fixture
def sample():
    """The folder of sample documents that comes with docqa."""
    if not SAMPLE.is_dir():
        pytest.skip("data/sample is not there")
    return SAMPLE
