"""What the shipped models do, and that the engine runs them as their makers' libraries do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer

from retrieval.models.cards import BUILT_IN, DEFAULT_ENCODER, DEFAULT_RERANKER, find_card
from retrieval.models.loading import Models

pytestmark = pytest.mark.quality

QUESTION = "Which allergy medicine does not cause drowsiness?"
TRUE = "Loratadine relieves hay fever and does not cause drowsiness."
OPPOSITE = "Diphenhydramine is an allergy medicine that causes drowsiness."


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(backend="torch-fp32")


def logits(models: Models, query: str, texts: list[str]) -> np.ndarray:
    scores = np.full(len(texts), np.nan)
    for batch in models.reranker().score(query, texts):
        scores[list(batch.indices)] = batch.values
    return scores


def test_every_built_in_card_is_here_with_the_bytes_it_names() -> None:
    for card in BUILT_IN:
        assert card.path.is_dir()
        assert card.bytes == (card.path / "model.safetensors").stat().st_size > 1_000_000


def test_the_encoder_equals_sentence_transformers(models: Models) -> None:
    reference = SentenceTransformer(str(find_card(DEFAULT_ENCODER, "encoder").path))
    texts = [QUESTION, TRUE, OPPOSITE, "word " * 400]

    np.testing.assert_allclose(
        models.encoder().encode_documents(texts), reference.encode(texts), atol=1e-5
    )


def test_the_reranker_equals_cross_encoder_loaded_as_it_stands(models: Models) -> None:
    reference = CrossEncoder(str(find_card(DEFAULT_RERANKER, "reranker").path))
    texts = [TRUE, OPPOSITE, "Loratadine. " * 200]

    assert reference.model.dtype == torch.float32
    np.testing.assert_allclose(
        logits(models, QUESTION, texts),
        reference.predict([(QUESTION, text) for text in texts]),
        atol=1e-3,
    )


def test_the_bi_encoder_prefers_the_opposite_and_the_reranker_does_not(models: Models) -> None:
    encoder = models.encoder()
    cosines = encoder.encode_documents([TRUE, OPPOSITE]) @ encoder.encode_query(QUESTION)
    scores = logits(models, QUESTION, [TRUE, OPPOSITE])

    assert cosines[1] > cosines[0]
    assert scores[0] > scores[1]
