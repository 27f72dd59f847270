"""Sample collections: read from their folder, indexed once, completed after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import CollectionError
from retrieval.ingest.parsers import PARSERS, parser_for
from retrieval.ingest.reading import distinct
from retrieval.ingest.report import Omissions
from retrieval.ingest.samples import Sample, ensure, samples
from retrieval.store import Store
from retrieval.store.names import valid_name
from retrieval.types import Document
from tests.conftest import TinyEncoder


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    folder = tmp_path / "samples" / "tiny"
    (folder / "documents" / "sub").mkdir(parents=True)
    (folder / "collection.toml").write_text(
        'title = "A tiny sample"\ndescription = "Two."\nquestion = "Why?"\nlicence = "CC0-1.0"\n'
    )
    (folder / "documents" / "a.md").write_text("# A\n\nthe cat")
    (folder / "documents" / "sub" / "b.txt").write_text("the dog")
    (folder / "questions.jsonl").write_text('{"_id": "q", "text": "which?"}\n')
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\tsub/b.txt\t1\n")
    (one,) = samples(tmp_path / "samples")
    return one


def test_a_sample_becomes_a_collection_under_its_title(
    sample: Sample, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = ensure(store, tiny_encoder, sample)
    assert store.names() == ("A tiny sample",)
    assert collection.counts().documents == 2
    assert collection.judgments() == {"q": {"sub/b.txt": 1}}
    assert (sample.id, sample.question) == ("tiny", "Why?")


def test_a_sample_that_is_there_is_not_read_again(
    sample: Sample, store: Store, tiny_encoder: TinyEncoder
) -> None:
    version = ensure(store, tiny_encoder, sample).snapshot().version
    (sample.folder / "documents" / "a.md").write_text("changed")
    assert ensure(store, tiny_encoder, sample).snapshot().version == version


def test_a_sample_that_was_interrupted_is_completed(
    sample: Sample, store: Store, tiny_encoder: TinyEncoder
) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure(store, tiny_encoder, sample, interrupt)
    assert ensure(store, tiny_encoder, sample).counts().documents == 2


def test_a_sample_that_another_encoder_made_is_left_as_it_is(
    sample: Sample, store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = ensure(store, tiny_encoder, sample)
    again = ensure(store, TinyEncoder(seed=1), sample)
    assert again.info == collection.info
    with pytest.raises(CollectionError):
        again.check_encoder(TinyEncoder(seed=1))


def test_every_shipped_sample_has_a_title_that_a_collection_may_have() -> None:
    for one in samples():
        assert valid_name(one.title) == one.title
        assert one.question
        assert one.licence


MIXED = ("manual", "news", "terms")


@pytest.mark.parametrize("name", MIXED)
def test_a_mixed_sample_has_a_file_of_every_format(name: str) -> None:
    (sample,) = (one for one in samples() if one.id == name)
    found = distinct(sample.sources(), Omissions())
    formats = {parser_for(one).label for one in found if one.role == "document"}
    assert formats == {parser.label for parser in PARSERS}


@pytest.mark.parametrize("name", MIXED)
def test_office_files_and_pages_of_a_sample_keep_their_place(name: str) -> None:
    (sample,) = (one for one in samples() if one.id == name)
    by_suffix: dict[str, list[Document]] = {}
    for source in distinct(sample.sources(), Omissions()):
        if source.suffix in {".docx", ".pptx", ".html"}:
            documents = parser_for(source).parse(source)
            by_suffix.setdefault(source.suffix, []).extend(
                one for one in documents if isinstance(one, Document)
            )
    for slides in by_suffix[".pptx"]:
        assert [mark.page for mark in slides.marks] == list(range(1, len(slides.marks) + 1))
        assert len(slides.marks) > 1
    for page in by_suffix[".html"]:
        assert "Contact" not in page.text
        assert "Report a mistake" not in page.text
