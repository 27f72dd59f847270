"""How far each backend may stray from the published models, on real passages."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer

from retrieval.models.backends.choice import BACKENDS, find_backend
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER, find_card
from retrieval.models.loading import Models
from retrieval.settings import DATA_FOLDER

pytestmark = pytest.mark.quality

QUESTIONS = (
    "Which allergy medicine does not cause drowsiness?",
    "Which plants are poisonous to cats?",
    "How often should a fern be watered?",
)
LARGEST_DIFFERENCE = {"bf16": 0.25, "fp32": 1e-3, "fp16": 0.05}
"""Of a logit, by precision. Logits of the shipped reranker span 9 to 13 over these passages, and in
bf16 torch itself strays by 0.12 to 0.13 of them, OpenVINO by 0.17."""
SMALLEST_COSINE = {"bf16": 0.9998, "fp32": 1 - 1e-6, "fp16": 0.9999}


def real_passages(count: int) -> list[str]:
    """Real sentences of the sample documents, 1 to 12 in a row."""
    documents = sorted((DATA_FOLDER / "collections" / "household").rglob("*.md"))
    mixed = random.Random(7)  # passages, not secrets
    passages = []
    for path in itertools.cycle(documents):
        text = re.sub(r"^#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        sentences = re.split(r"(?<=[.!?])\s+", " ".join(text.split()))
        start = mixed.randrange(len(sentences))
        passages.append(" ".join(sentences[start : start + mixed.randint(1, 12)]))
        if len(set(passages)) == count:
            return list(dict.fromkeys(passages))
    return passages


PASSAGES = real_passages(100)


@pytest.fixture(scope="module")
def expected_logits() -> np.ndarray:
    path = find_card(DEFAULT_RERANKER, "reranker").path
    reference = CrossEncoder(str(path), activation_fn=torch.nn.Identity())
    return np.array(
        [reference.predict([(question, text) for text in PASSAGES]) for question in QUESTIONS]
    )


@pytest.fixture(scope="module")
def expected_vectors() -> np.ndarray:
    return SentenceTransformer(str(find_card(DEFAULT_ENCODER, "encoder").path)).encode(PASSAGES)


@pytest.fixture(scope="module", params=[info.id for info in BACKENDS if not info.is_option])
def models(request: pytest.FixtureRequest, converted: Path) -> Models:
    info = find_backend(request.param)
    if not info.is_available:
        pytest.skip(f"{info.id}: {info.obstacle()}")
    return Models(converted, backend=info.id)


def logits(models: Models, question: str) -> np.ndarray:
    scores = np.full(len(PASSAGES), np.nan)
    for batch in models.reranker().score(question, PASSAGES):
        scores[list(batch.indices)] = batch.values
    return scores


def ranks(scores: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(scores, kind="stable"), kind="stable")


def test_logits_and_their_order_are_those_of_cross_encoder_predict(
    models: Models, expected_logits: np.ndarray
) -> None:
    found = np.array([logits(models, question) for question in QUESTIONS])

    assert models.describe().remarks == ()
    precision = models.describe().networks[0].precision
    assert np.abs(found - expected_logits).max() <= LARGEST_DIFFERENCE[precision]
    for ours, theirs in zip(found, expected_logits, strict=True):
        assert np.corrcoef(ranks(ours), ranks(theirs))[0, 1] >= 0.999
        # The first ten are the same, but for passages whose logits single precision has closer to
        # the tenth than this backend may be off.
        tenth = np.sort(theirs)[-10]
        assert theirs[np.argsort(-ours)[:10]].min() >= tenth - LARGEST_DIFFERENCE[precision]


def test_vectors_are_those_of_sentence_transformers(
    models: Models, expected_vectors: np.ndarray
) -> None:
    found = models.encoder().encode_documents(PASSAGES)

    precision = models.describe().networks[0].precision
    cosines = (found * expected_vectors).sum(axis=1)
    assert cosines.min() >= SMALLEST_COSINE[precision]
    if precision == "fp32":
        np.testing.assert_allclose(found, expected_vectors, atol=1e-4)


def test_a_text_has_one_vector_whatever_is_encoded_beside_it(models: Models) -> None:
    encoder = models.encoder()

    together = encoder.encode_documents(PASSAGES)
    alone = np.array([encoder.encode_documents([text])[0] for text in PASSAGES[::10]])

    # Ranking ties equal texts at six decimals of a cosine; torch in bf16 cannot hold that.
    bound = 1e-4 if models.describe().networks[0].backend == "torch-bf16" else 1e-6
    np.testing.assert_allclose((together[::10] * alone).sum(axis=1), 1, atol=bound)
