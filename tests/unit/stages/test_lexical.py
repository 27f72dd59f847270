from __future__ import annotations

import math

import numpy as np
import pytest

from retrieval.stages.lexical import K1, B, BM25Index, words


def test_negators_are_words_like_any_other() -> None:
    assert words("It does NOT, and no: never!") == ["it", "does", "not", "and", "no", "never"]


def test_accents_and_case_are_folded() -> None:
    assert words("Crème BRÛLÉE, Straße") == ["creme", "brulee", "strasse"]


def test_scores_are_those_of_the_formula() -> None:
    texts = ("dog dog man", "man bites", "sun", "leaf and soil")

    scores = BM25Index(texts).scores(["dog", "man"])

    def part(frequency: int, length: int, containing: int) -> float:
        idf = math.log(1 + (4 - containing + 0.5) / (containing + 0.5))
        mean = (3 + 2 + 1 + 3) / 4
        return idf * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * length / mean))

    expected = [part(2, 3, 1) + part(1, 3, 2), part(1, 2, 2), 0, 0]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)


@pytest.mark.parametrize("texts", [(), ("",), ("!?", "…")])
def test_a_corpus_without_words_scores_nothing(texts: tuple[str, ...]) -> None:
    assert BM25Index(texts).scores(["dog"]).tolist() == [0.0] * len(texts)


def test_a_word_in_every_text_of_a_tiny_corpus_still_scores() -> None:
    assert (BM25Index(("the dog", "the man")).scores(["the"]) > 0).all()


def test_a_text_without_words_changes_no_score_of_the_others() -> None:
    texts = ("dog man", "man", "sun and leaf")
    scores = BM25Index(("…", *texts, "")).scores(["dog", "man"])

    np.testing.assert_array_equal(scores, [0, *BM25Index(texts).scores(["dog", "man"]), 0])
