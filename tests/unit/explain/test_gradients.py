from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder

from retrieval.explain import gradients
from retrieval.explain.gradients import integrate_gradients, tolerance
from retrieval.explain.reading import Reader
from retrieval.explain.segments import split_words
from retrieval.models.folder import ModelFolder
from tests.tiny import save_cross_encoder

QUERY = "which medicine does not cause drowsiness"
TEXT = "loratadine does not cause drowsiness."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("reranker"))


@pytest.fixture(scope="module")
def reader(folder: Path) -> Reader:
    return Reader(ModelFolder.open(folder))


def test_credits_add_up_to_the_change_of_the_logit(reader: Reader) -> None:
    found = integrate_gradients(reader, (QUERY, split_words(QUERY)), (TEXT, split_words(TEXT)))

    for side in (found.question, found.passage):
        assert side.is_complete
        assert side.total == pytest.approx(side.logit - side.baseline, abs=side.tolerance)
        assert side.error == pytest.approx(side.total - (side.logit - side.baseline))
    assert len(found.question.values) == len(QUERY.split())
    assert len(found.passage.values) == len(TEXT.split())


def test_more_steps_bring_the_sum_as_near_as_is_asked(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradients, "FEWEST_STEPS", 2)
    monkeypatch.setattr(gradients, "ABSOLUTE_TOLERANCE", 1e-4)
    monkeypatch.setattr(gradients, "RELATIVE_TOLERANCE", 0.0)

    found = integrate_gradients(reader, (QUERY, split_words(QUERY)), (TEXT, split_words(TEXT)))

    assert found.passage.steps > 2
    assert abs(found.passage.error) <= 1e-4


def test_a_walk_that_may_read_no_more_says_that_it_is_not_complete(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradients, "FEWEST_STEPS", 1)
    monkeypatch.setattr(gradients, "MOST_TOKENS", 0)
    monkeypatch.setattr(gradients, "ABSOLUTE_TOLERANCE", 0.0)
    monkeypatch.setattr(gradients, "RELATIVE_TOLERANCE", 0.0)

    found = integrate_gradients(reader, (QUERY, split_words(QUERY)), (TEXT, split_words(TEXT)))

    assert found.passage.steps == 1
    assert not found.passage.is_complete


def test_the_logit_is_that_of_the_published_network(folder: Path, reader: Reader) -> None:
    reference = CrossEncoder(str(folder), activation_fn=torch.nn.Identity())

    found = integrate_gradients(reader, (QUERY, split_words(QUERY)), (TEXT, split_words(TEXT)))

    assert found.passage.logit == pytest.approx(
        float(reference.predict([(QUERY, TEXT)])[0]), abs=1e-5
    )


def test_a_blank_passage_has_a_baseline_of_its_own(folder: Path, reader: Reader) -> None:
    reference = CrossEncoder(str(folder), activation_fn=torch.nn.Identity())
    tokenizer, network = reference.tokenizer, reference.model
    inputs = tokenizer(QUERY, TEXT, return_tensors="pt")
    ids = inputs["input_ids"].clone()
    ids[0, 2 + len(QUERY.split()) : -1] = tokenizer.pad_token_id
    with torch.no_grad():
        expected = float(network(**{**inputs, "input_ids": ids}).logits[0, 0])

    found = integrate_gradients(reader, (QUERY, split_words(QUERY)), (TEXT, split_words(TEXT)))

    assert found.passage.baseline == pytest.approx(expected, abs=1e-5)
    assert found.question.baseline != pytest.approx(expected, abs=1e-5)


def test_progress_ends_at_its_end(reader: Reader) -> None:
    told: list[tuple[int, int]] = []

    integrate_gradients(
        reader,
        ("dog", split_words("dog")),
        ("man", split_words("man")),
        lambda *done: told.append(done),
    )

    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]


def test_the_tolerance_grows_with_what_is_explained() -> None:
    assert tolerance(0) == gradients.ABSOLUTE_TOLERANCE
    assert tolerance(-100) == pytest.approx(100 * gradients.RELATIVE_TOLERANCE)
