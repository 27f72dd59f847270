from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from retrieval.models.backends import networks
from retrieval.models.backends.choice import find_backend
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from retrieval.models.protocols import Reranker
from tests.tiny import MAX_TOKENS, SPECIAL, WORDS, _save, save_cross_encoder, save_encoder

QUERY = "which medicine"
TEXTS = [
    " ".join(np.random.default_rng(seed).choice(WORDS, size=2 + seed % 40)) for seed in range(60)
]
EXACT = ["torch-fp32", "openvino-f32"]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_encoder(tmp_path_factory.mktemp("encoder")))


@pytest.fixture(scope="module")
def reranker_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_cross_encoder(tmp_path_factory.mktemp("reranker")))


def logits(reranker: Reranker, query: str, texts: Sequence[str]) -> np.ndarray:
    scores = np.full(len(texts), np.nan)
    for batch in reranker.score(query, texts):
        scores[list(batch.indices)] = batch.values
    return scores


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("backend", EXACT)
def test_vectors_equal_those_of_sentence_transformers(
    backend: str, pooling: str, tmp_path: Path
) -> None:
    folder = str(save_encoder(tmp_path / "model", pooling))

    vectors = Models(backend=backend).encoder(folder).encode_documents(TEXTS)

    np.testing.assert_allclose(vectors, SentenceTransformer(folder).encode(TEXTS), atol=1e-4)


@pytest.mark.parametrize("backend", EXACT)
def test_logits_equal_those_of_cross_encoder_predict(backend: str, reranker_folder: str) -> None:
    reference = CrossEncoder(reranker_folder, activation_fn=torch.nn.Identity())
    expected = reference.predict([(QUERY, text) for text in TEXTS])

    found = logits(Models(backend=backend).reranker(reranker_folder), QUERY, TEXTS)

    np.testing.assert_allclose(found, expected, atol=1e-3)


def save_distilbert(folder: Path) -> str:
    torch.manual_seed(3)
    config = DistilBertConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        dim=16,
        n_layers=2,
        n_heads=2,
        hidden_dim=32,
        max_position_embeddings=MAX_TOKENS,
        num_labels=1,
        initializer_range=0.6,
    )
    _save(DistilBertForSequenceClassification(config), folder)
    tokens = json.loads((folder / "tokenizer_config.json").read_text())
    tokens["model_input_names"] = ["input_ids", "attention_mask"]
    (folder / "tokenizer_config.json").write_text(json.dumps(tokens))
    return str(folder)


def test_a_family_without_token_types_is_converted_too(tmp_path: Path) -> None:
    folder = save_distilbert(tmp_path / "model")
    models = Models(backend="openvino-f32")
    reference = CrossEncoder(folder, activation_fn=torch.nn.Identity())

    found = logits(models.reranker(folder), QUERY, TEXTS)

    assert models.describe().remarks == ()
    np.testing.assert_allclose(
        found, reference.predict([(QUERY, text) for text in TEXTS]), atol=1e-3
    )


@pytest.mark.parametrize("backend", ["openvino-bf16", "openvino-f32", "torch-fp32"])
def test_eight_threads_get_what_one_gets(
    backend: str, encoder_folder: str, reranker_folder: str
) -> None:
    if not find_backend(backend).is_available:
        pytest.skip(find_backend(backend).obstacle())
    models = Models(backend=backend)
    encoder, reranker = models.encoder(encoder_folder), models.reranker(reranker_folder)

    def ask(number: int) -> tuple[np.ndarray, np.ndarray]:
        texts = TEXTS[number:] + TEXTS[:number]
        return encoder.encode_documents(texts), logits(reranker, TEXTS[number], texts)

    alone = [ask(number) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask, range(8)))

    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("backend", ["openvino-bf16", "openvino-f32"])
def test_a_score_does_not_depend_on_the_other_passages(backend: str, reranker_folder: str) -> None:
    if not find_backend(backend).is_available:
        pytest.skip(find_backend(backend).obstacle())
    reranker = Models(backend=backend).reranker(reranker_folder)

    together = logits(reranker, QUERY, TEXTS)
    alone = [logits(reranker, QUERY, [text])[0] for text in TEXTS]

    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_bf16_keeps_equal_scores_for_equal_texts_only(reranker_folder: str) -> None:
    """The last product is not rounded to bf16, which would tie texts that differ."""
    if not find_backend("openvino-bf16").is_available:
        pytest.skip(find_backend("openvino-bf16").obstacle())
    texts = sorted({" ".join(text.split()[:20]) for text in TEXTS})

    found = logits(Models(backend="openvino-bf16").reranker(reranker_folder), QUERY, texts)

    rounded = torch.tensor(found).to(torch.bfloat16).double().numpy()
    assert (found != rounded).mean() > 0.9


def test_the_lean_network_equals_the_published_one(reranker_folder: str) -> None:
    folder = ModelFolder.open(Path(reranker_folder))
    plain = networks.load_network(folder, "logit")
    lean = networks.load_lean_network(folder, "logit")
    inputs = networks.example_inputs(plain)

    with torch.inference_mode():
        np.testing.assert_allclose(lean(*inputs), plain(*inputs), atol=1e-5)
    kinds = {type(module).__name__ for module in lean.modules()}
    assert {"_FirstTokenLayer", "_PreciseLinear"} <= kinds


def test_a_short_cut_that_changes_the_logit_is_not_taken(
    reranker_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(self: torch.nn.Module, states: torch.Tensor, *_: object, **__: object) -> object:
        return states[:, :1]

    monkeypatch.setattr(networks._FirstTokenLayer, "forward", wrong)

    lean = networks.load_lean_network(ModelFolder.open(Path(reranker_folder)), "logit")

    assert "_FirstTokenLayer" not in {type(module).__name__ for module in lean.modules()}
