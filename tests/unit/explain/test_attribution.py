from __future__ import annotations

import numpy as np
import pytest

from retrieval.explain.attribution import (
    BATCH_TEXTS,
    agreement,
    attribute_cosine,
    attribute_logit,
)
from retrieval.models.loading import Models
from tests.tiny import MAX_TOKENS, save_cross_encoder, save_encoder

QUERY = "which medicine does not cause drowsiness"
TEXT = "loratadine does not cause drowsiness."


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    encoder = save_encoder(tmp_path_factory.mktemp("encoder"))
    reranker = save_cross_encoder(tmp_path_factory.mktemp("reranker"))
    return str(encoder), str(reranker)


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(backend="torch-fp32")


def logit(models: Models, folder: str, query: str, text: str) -> float:
    return float(next(models.reranker(folder).score(query, [text])).values[0])


def cosine(models: Models, folder: str, query: str, text: str) -> float:
    encoder = models.encoder(folder)
    return float(encoder.encode_documents([text])[0] @ encoder.encode_query(query))


def test_a_word_is_worth_what_the_cosine_loses_without_it(
    models: Models, folders: tuple[str, str]
) -> None:
    score = cosine(models, folders[0], QUERY, TEXT)

    found = attribute_cosine(models.encoder(folders[0]), QUERY, TEXT, score)

    without = cosine(models, folders[0], QUERY, "loratadine does  cause drowsiness.")
    assert [word.text for word in found.words] == TEXT[:-1].split()
    assert found.values[2] == pytest.approx(score - without, abs=1e-6)
    assert found.without(2) == pytest.approx(without, abs=1e-6)


def test_words_of_question_and_passage_are_worth_what_the_logit_loses(
    models: Models, folders: tuple[str, str]
) -> None:
    score = logit(models, folders[1], QUERY, TEXT)

    found = attribute_logit(models.reranker(folders[1]), QUERY, TEXT, score)

    assert found.score == score
    assert len(found.values) == len(QUERY.split()) + len(TEXT.split())
    passage = logit(models, folders[1], QUERY, "loratadine does not cause .")
    question = logit(models, folders[1], "which medicine does  cause drowsiness", TEXT)
    assert found.passage.values[-1] == pytest.approx(score - passage, abs=1e-5)
    assert found.question.values[3] == pytest.approx(score - question, abs=1e-5)


def test_contributions_and_remainder_make_up_the_score(
    models: Models, folders: tuple[str, str]
) -> None:
    dense = attribute_cosine(models.encoder(folders[0]), QUERY, TEXT, 0.25)
    pair = attribute_logit(models.reranker(folders[1]), QUERY, TEXT, -1.5)

    for found, score in ((dense, 0.25), (pair.question, -1.5), (pair.passage, -1.5)):
        assert found.total == pytest.approx(sum(found.values))
        assert found.total + found.remainder == pytest.approx(score)


def test_words_past_the_end_of_reading_are_neither_left_out_nor_pulled_in(
    models: Models, folders: tuple[str, str]
) -> None:
    words = ["dog", "man", "cats", "leaf", "soil", "sun", "water"] * 20
    text = " ".join(words)
    score = cosine(models, folders[0], QUERY, text)

    found = attribute_cosine(models.encoder(folders[0]), QUERY, text, score)

    read = MAX_TOKENS - 2
    assert (found.part.read, found.part.total) == (read, len(words))
    assert found.base == pytest.approx(score, abs=1e-5)
    shorter = " ".join(["", *words[1:read]])
    expected = score - cosine(models, folders[0], QUERY, shorter)
    assert found.values[0] == pytest.approx(expected, abs=1e-5)


def test_progress_is_told_up_to_the_end(models: Models, folders: tuple[str, str]) -> None:
    told: list[tuple[int, int]] = []
    text = " ".join(["dog"] * 30)

    attribute_cosine(models.encoder(folders[0]), QUERY, text, 0.0, lambda *done: told.append(done))
    pairs = attribute_logit(
        models.reranker(folders[1]), "who bites", text, 0.0, lambda *done: told.append(done)
    )

    assert told[0] == (31, 31)
    total = 1 + len(pairs.values)
    assert told[-1] == (total, total)
    assert all(done % BATCH_TEXTS == 0 or done == most for done, most in told)


def test_a_text_of_unknown_words_in_another_language_is_taken_apart_too(
    models: Models, folders: tuple[str, str]
) -> None:
    found = attribute_logit(models.reranker(folders[1]), "どの薬", "眠くならない。", 0.5)

    assert len(found.question.values) == 3
    assert len(found.passage.values) == 6
    assert np.isfinite(found.values).all()


def test_agreement_is_spearmans_and_silent_where_nothing_can_be_ranked() -> None:
    assert agreement([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert agreement([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert agreement([1, 2, 3, 4], [1, 3, 2, 4]) == pytest.approx(0.8)
    assert agreement([1, 2], [2, 1]) is None
    assert agreement([0, 0, 0], [1, 2, 3]) is None
