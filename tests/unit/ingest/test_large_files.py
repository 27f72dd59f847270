"""Files as large as people really have: a PDF of 2,000 pages, a text of 100 MB."""

from __future__ import annotations

import io
from itertools import islice, pairwise
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from retrieval.ingest.chunking import chunks
from retrieval.ingest.parsers.pdf import parse_pdf
from retrieval.ingest.parsers.text import parse_text
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.sources import Source, expand
from retrieval.settings import Chunking, settings
from retrieval.store import Store
from retrieval.types import Document, Skipped
from tests.conftest import MAX_TOKENS, TinyEncoder

PAGES = 2_000
LINE = "the cat and the dog drink water; a plant helps no medicine, and so it goes on and on.\n"
TEXT_BYTES = 100 * 10**6


@pytest.fixture(scope="module")
def pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "handbook.pdf"
    canvas = Canvas(str(path))
    for page in range(1, PAGES + 1):
        canvas.drawString(60, 780, f"The cat on page {page} helps the dog.")
        canvas.drawString(60, 760, "No plant causes sleep.")
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "long.txt"
    with path.open("w", encoding="utf-8") as stream:
        for number in range(TEXT_BYTES // len(LINE)):
            stream.write(f"{number} {LINE}")
    assert path.stat().st_size > TEXT_BYTES
    return path


def test_every_page_of_a_pdf_of_two_thousand_is_there(
    pdf: Path, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("c", tiny_encoder, Chunking(16))
    report = ingest(collection, expand([pdf]), tiny_encoder)
    assert (report.documents, report.skipped) == (1, ())
    whole = collection.document("handbook.pdf")
    passages = collection.document_chunks("handbook.pdf")
    assert all(whole.text[one.start : one.end] == one.text for one in passages)
    starts = {mark.page: mark.start for mark in whole.marks}
    assert list(starts) == list(range(1, PAGES + 1))
    for page, start in starts.items():
        assert whole.text.startswith(f"The cat on page {page} helps", start)
    assert passages[-1].page == PAGES
    assert {one.page for one in passages} > set(range(1, PAGES, 7))


def test_pages_past_the_limit_are_one_line(
    pdf: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_PAGES", "300")
    settings.cache_clear()
    data = pdf.read_bytes()
    document, rest = parse_pdf(Source("a.pdf", len(data), lambda: io.BytesIO(data)))
    assert isinstance(document, Document)
    assert document.marks[-1].page == 300
    assert rest == Skipped("a.pdf", f"only the first 300 of its {PAGES} pages were read")


def test_a_text_of_a_hundred_megabytes_is_read_whole_and_cut_as_it_goes(
    text: Path, home: Path, tiny_encoder: TinyEncoder
) -> None:
    (source,) = expand([text])
    assert isinstance(source, Source)
    (document,) = parse_text(source)
    assert len(document.text) == text.stat().st_size
    # All of it takes minutes; the first passages are there at once.
    cut = chunks(document, tiny_encoder.tokenizer, Chunking(60), MAX_TOKENS)
    first = list(islice(cut, 2_000))
    assert all(document.text[one.start : one.end] == one.text for one in first)
    assert first[0].start == 0
    assert all(one.end <= other.start for one, other in pairwise(first))


def test_a_text_over_the_limit_is_one_line_and_the_rest_goes_on(
    text: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    store: Store,
    tiny_encoder: TinyEncoder,
) -> None:
    monkeypatch.setenv("SECOND_LOOK_MAX_FILE_MB", "64")
    settings.cache_clear()
    (tmp_path / "a.txt").write_text("the cat")
    collection = store.create("c", tiny_encoder)
    report = ingest(collection, expand([text, tmp_path / "a.txt"]), tiny_encoder)
    assert report.added == 1
    (line,) = report.skipped
    assert line.file == "long.txt"
    assert line.reason == "it is larger than the limit of 64 MiB (SECOND_LOOK_MAX_FILE_MB)"
