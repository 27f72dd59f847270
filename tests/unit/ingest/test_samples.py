"""Sample collections: read from their folder, indexed once, completed after a kill."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.errors import CollectionError
from retrieval.ingest.samples import Sample, ensure, samples
from retrieval.store import Store
from retrieval.store.names import valid_name
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
