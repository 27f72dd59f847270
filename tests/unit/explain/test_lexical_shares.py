from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.explain.lexical_shares import lexical_shares
from retrieval.stages.lexical import BM25Index, words
from tests.corpus import PASSAGES

TEXTS = st.lists(st.text(alphabet="ab c'é-1.", max_size=20), min_size=1, max_size=6)


@pytest.mark.parametrize("place", range(len(PASSAGES)))
def test_shares_add_up_to_the_stages_score(place: int) -> None:
    index = BM25Index(PASSAGES)
    query = "which plant does not cause the the dog?"

    found = lexical_shares(index, query, PASSAGES[place])

    assert found.score == pytest.approx(float(index.scores(words(query))[place]), abs=1e-12)
    assert sum(found.values) == pytest.approx(found.score, abs=1e-12)


@given(texts=TEXTS, query=st.text(alphabet="ab c'é-1.", max_size=12))
def test_shares_add_up_for_any_texts(texts: list[str], query: str) -> None:
    index = BM25Index(tuple(texts))
    scores = index.scores(words(query))

    for text, score in zip(texts, scores, strict=True):
        found = lexical_shares(index, query, text)
        assert found.score == pytest.approx(float(score), abs=1e-9)
        assert sum(found.values) == pytest.approx(found.score, abs=1e-9)


def test_a_term_says_how_often_it_is_asked_found_and_held() -> None:
    found = lexical_shares(BM25Index(PASSAGES), "the THE dog zebra", "the dog bit the man")

    the, dog, zebra = found.terms
    assert (the.text, the.asked, the.found, the.passages) == ("the", 2, 2, 4)
    assert (dog.found, dog.passages) == (1, 2)
    assert (zebra.found, zebra.passages, zebra.share) == (0, 0, 0)
    assert found.corpus == len(PASSAGES)


def test_a_typed_text_is_scored_by_the_collections_statistics() -> None:
    index = BM25Index(PASSAGES)

    stored = lexical_shares(index, "dog", "the dog bit the man")
    typed = lexical_shares(index, "dog", "the dog bit the boy")

    assert typed.score == pytest.approx(stored.score)


def test_a_collection_without_words_has_no_shares() -> None:
    found = lexical_shares(BM25Index(("…",)), "dog", "dog")

    assert found.score == 0
    assert found.values == (0.0,)
