from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from retrieval.errors import ModelError
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.length import (
    Point,
    Read,
    Reader,
    Readers,
    StageLengths,
    measure_lengths,
)
from retrieval.evaluation.rechunking import Sample, rechunk
from retrieval.ingest.chunking import chunk
from retrieval.models.loading import Models
from retrieval.settings import STAGE_ORDER, Chunking, SearchSettings
from retrieval.store import Store
from retrieval.types import Chunk, Document, Ranking
from tests.conftest import TinyEncoder
from tests.tiny import MAX_TOKENS, WORDS, save_cross_encoder, save_encoder

QUERY = "which medicine does not cause drowsiness"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    home = tmp_path_factory.mktemp("models")
    return str(save_encoder(home / "encoder")), str(save_cross_encoder(home / "reranker"))


@pytest.fixture(scope="module")
def readers(folders: tuple[str, str]) -> tuple[Reader, Reader]:
    return Reader.of(folders[0], "encoder"), Reader.of(folders[1], "reranker")


@pytest.fixture(scope="module")
def all_readers(folders: tuple[str, str]) -> Readers:
    return Readers.of(folders[0], SearchSettings(reranker=folders[1], late=folders[0]))


def text_of(words: int) -> str:
    return " ".join(WORDS[place % len(WORDS)] for place in range(words))


def test_what_fits_is_what_the_tokenizer_does_not_cut(readers: tuple[Reader, Reader]) -> None:
    encoder, reranker = readers
    for words in range(1, 45):
        text = text_of(words)
        (tokens,) = encoder.prompted([text])
        assert tokens == words
        assert (tokens <= encoder.room(QUERY)) == (
            len(encoder.tokenizer.encode(text)) <= MAX_TOKENS
        )
        assert (tokens <= reranker.room(QUERY)) == (
            len(reranker.tokenizer.encode(QUERY, text)) <= MAX_TOKENS
        )


def test_a_passage_that_does_not_fit_changes_no_score_behind_the_cut(
    folders: tuple[str, str], readers: tuple[Reader, Reader]
) -> None:
    reranker, room = Models().reranker(folders[1]), readers[1].room(QUERY)

    def score(text: str) -> float:
        return float(next(iter(reranker.score(QUERY, [text]))).values[0])

    fitting = text_of(room)
    assert score(fitting) != pytest.approx(score(text_of(room - 1)))
    assert score(f"{fitting} dog") == pytest.approx(score(fitting))


def read_of(
    lengths: dict[str, int], scored: dict[str, float], late: dict[str, float] | None = None
) -> Read:
    chunks = {
        name: Chunk(id=name, document_id=name, ordinal=0, text=text_of(words), start=0, end=1)
        for name, words in lengths.items()
    }
    scores = [(name, float(place % 5)) for place, name in enumerate(lengths)]
    legs = Legs(
        QUERY,
        Ranking.from_scores("bm25", "bm25", scores),
        Ranking.from_scores("dense", "cosine", reversed(scores)),
        {name: name for name in lengths},
        {name: name for name in lengths},
    )
    return Read(legs, chunks, scored, late or {})


def test_each_stage_has_its_own_limit_and_its_own_correlation(
    readers: tuple[Reader, Reader], all_readers: Readers
) -> None:
    lengths = {f"c{n}": n for n in (3, 8, 20, 25, 28, 31, 40)}
    scored = {name: float(words) for name, words in lengths.items()}
    late = {name: -float(words) for name, words in lengths.items() if words < 30}
    found = measure_lengths([read_of(lengths, scored, late)], SearchSettings(), all_readers)
    by_stage = {one.stage: one for one in found}
    assert list(by_stage) == list(STAGE_ORDER)
    assert by_stage["bm25"].unread == by_stage["hybrid"].unread == 0
    assert by_stage["dense"].unread == pytest.approx(2 / 7)
    # 32 tokens less three special ones and the six of the question leave 23.
    assert readers[1].room(QUERY) == 23
    assert by_stage["rerank"].unread == pytest.approx(4 / 7)
    assert by_stage["rerank"].correlation is not None
    assert by_stage["rerank"].correlation.mean == pytest.approx(1)
    # Late interaction reads a passage alone: its limit is the encoder's, over its own candidates.
    assert by_stage["late"].unit == "maxsim"
    assert len(by_stage["late"].points) == 5
    assert by_stage["late"].unread == 0
    assert by_stage["late"].limit == by_stage["dense"].limit == MAX_TOKENS
    assert by_stage["late"].correlation is not None
    assert by_stage["late"].correlation.mean == pytest.approx(-1)
    bm25 = by_stage["bm25"]
    expected = stats.spearmanr(
        [point.tokens for point in bm25.points], [point.score for point in bm25.points]
    ).statistic
    assert bm25.correlation is not None
    assert bm25.correlation.mean == pytest.approx(expected)
    assert bm25.median_tokens == 25


def test_over_a_set_each_question_has_a_correlation_of_its_own() -> None:
    rising = [Point(0, f"a{n}", n, 10 - n, float(n), whole=True) for n in range(5)]
    falling = [Point(1, f"b{n}", n, n + 1, float(100 - n), whole=True) for n in range(5)]
    found = StageLengths("bm25", "bm25", None, (*rising, *falling)).correlation
    assert found is not None
    assert (found.mean, found.n) == (pytest.approx(0), 2)


@pytest.mark.parametrize(
    "points",
    [
        (),
        (Point(0, "a", 3, 1, 1.0, whole=True), Point(0, "b", 4, 2, 0.5, whole=True)),
        tuple(Point(0, f"c{n}", 7, n, float(n), whole=True) for n in range(1, 9)),
        tuple(Point(0, f"c{n}", n, n, 1.0, whole=True) for n in range(1, 9)),
    ],
    ids=["no passage", "two", "equal lengths", "equal scores"],
)
def test_where_nothing_can_be_told_no_correlation_is_made_up(points: tuple[Point, ...]) -> None:
    assert StageLengths("dense", "cosine", 32, points).correlation is None


def test_no_score_means_no_list_of_that_stage(all_readers: Readers) -> None:
    found = measure_lengths([read_of({"c1": 4, "c2": 5}, {})], SearchSettings(), all_readers)
    assert found[-1].points == ()
    assert found[-1].as_dict()["spearman"] is None


def documents() -> tuple[Document, ...]:
    sentences = [" ".join(WORDS[start : start + 6]) + "." for start in range(0, 30, 3)]
    return tuple(
        Document(f"d{n}", f"D{n}", " ".join(sentences[: n % 10 + 1]), "s.txt") for n in range(20)
    )


def test_other_sizes_are_cut_as_ingestion_cuts(readers: tuple[Reader, Reader]) -> None:
    encoder, reranker = readers
    every = documents()
    now = sum(len(chunk(d, encoder.tokenizer, Chunking(tokens=16), MAX_TOKENS)) for d in every)
    sample = Sample(every, now, len(every), now)
    whole, small, large = rechunk(sample, QUERY, encoder, reranker, (16, 64))
    assert (whole.tokens, whole.passages) == (None, 20)
    uncut = [len(encoder.tokenizer.encode(document.text)) for document in every]
    assert whole.encoder_whole == pytest.approx(sum(n <= MAX_TOKENS for n in uncut) / 20)
    assert 0 < whole.reranker_whole < whole.encoder_whole < 1
    assert small.passages == now
    assert (small.encoder_whole, small.reranker_whole) == (1.0, 1.0)
    # Ingestion keeps to what the encoder reads, and the reranker has less room than that.
    assert large.encoder_whole == 1.0
    assert large.reranker_whole < 1
    assert large.passages < small.passages


def test_passages_of_all_are_told_from_a_sample_in_proportion(
    readers: tuple[Reader, Reader],
) -> None:
    every = documents()
    sample = Sample(every, 50, 2_000, 5_000)
    found = rechunk(sample, QUERY, *readers, (16,))
    cut = sum(len(chunk(d, readers[0].tokenizer, Chunking(tokens=16), MAX_TOKENS)) for d in every)
    assert [one.passages for one in found] == [2_000, round(cut * 100)]


def test_a_sample_of_a_collection_counts_the_chunks_it_has_now(
    store: Store, tiny_encoder: TinyEncoder
) -> None:
    collection = store.create("long", tiny_encoder, Chunking(tokens=16))
    every = documents()
    chunks = [
        one
        for document in every
        for one in chunk(document, tiny_encoder.tokenizer, Chunking(tokens=16), 64)
    ]
    vectors = tiny_encoder.encode_documents([one.text for one in chunks])
    collection.replace(every, chunks, vectors)
    sample = Sample.draw(collection, collection.snapshot())
    assert (len(sample.documents), sample.of_documents) == (20, 20)
    assert sample.chunks == sample.of_chunks == len(chunks)


def test_an_empty_sample_gives_no_passages(readers: tuple[Reader, Reader]) -> None:
    found = rechunk(Sample((), 0, 0, 0), QUERY, *readers)
    assert {one.passages for one in found} == {0}


def test_a_model_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Reader.of(str(tmp_path), "reranker")
