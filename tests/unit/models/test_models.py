from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer

from retrieval.errors import ModelError
from retrieval.models.cards import DEFAULTS, cards, find_card
from retrieval.models.catalogue import USES
from retrieval.models.folder import Kind, ModelFolder
from retrieval.models.loading import Models
from retrieval.models.protocols import Reranker
from tests.tiny import MAX_TOKENS, save_cross_encoder, save_encoder

TEXTS = [
    "loratadine does not cause drowsiness",
    "the dog bit the man",
    "which plant is poisonous to cats and safe in the sun on the soil of the leaf " * 4,
    "water",
]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def reranker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("reranker"))


def all_scores(reranker: Reranker, query: str, texts: list[str]) -> np.ndarray:
    scores = np.full(len(texts), np.nan)
    for batch in reranker.score(query, texts):
        scores[list(batch.indices)] = batch.values
    return scores


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_equal_those_of_sentence_transformers(tmp_path: Path, pooling: str) -> None:
    folder = save_encoder(tmp_path / "model", pooling)

    vectors = Models().encoder(str(folder)).encode_documents(TEXTS)

    np.testing.assert_allclose(vectors, SentenceTransformer(str(folder)).encode(TEXTS), atol=1e-6)


def test_a_query_vector_has_unit_length_and_the_promised_shape(encoder_folder: Path) -> None:
    encoder = Models().encoder(str(encoder_folder))

    vector = encoder.encode_query(TEXTS[0])

    assert vector.shape == (encoder.dimension,) == (16,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_no_texts_make_no_rows(encoder_folder: Path) -> None:
    assert Models().encoder(str(encoder_folder)).encode_documents([]).shape == (0, 16)


def test_prompts_of_a_model_are_put_before_its_texts(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "model")
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "which plant ", "document": "soil "}})
    )
    plain = Models().encoder(str(save_encoder(tmp_path / "plain")))

    prompted = Models().encoder(str(folder))

    np.testing.assert_allclose(
        prompted.encode_query("water"), plain.encode_query("which plant water"), atol=1e-6
    )
    np.testing.assert_allclose(
        prompted.encode_documents(["water"]), plain.encode_documents(["soil water"]), atol=1e-6
    )


def test_logits_equal_those_of_cross_encoder_predict(reranker_folder: Path) -> None:
    expected = CrossEncoder(str(reranker_folder), activation_fn=torch.nn.Identity()).predict(
        [("which medicine", text) for text in TEXTS]
    )

    scores = all_scores(Models().reranker(str(reranker_folder)), "which medicine", TEXTS)

    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_token_vectors_leave_special_tokens_out(encoder_folder: Path) -> None:
    late = Models().late(str(encoder_folder))

    tokens = late.query_tokens("the dog bit")
    passages = {
        index: rows
        for batch in late.document_tokens(TEXTS)
        for index, rows in zip(batch.indices, batch.values, strict=True)
    }

    assert tokens.shape == (3, 16)
    assert [len(passages[index]) for index in range(len(TEXTS))] == [5, 5, MAX_TOKENS - 2, 1]


def test_encoder_and_late_stage_share_one_network(encoder_folder: Path) -> None:
    models = Models()
    encoder, late = models.encoder(str(encoder_folder)), models.late(str(encoder_folder))

    assert encoder._reader._network is late._reader._network  # type: ignore[attr-defined]


def test_a_model_is_loaded_once(encoder_folder: Path) -> None:
    models = Models()

    assert models.encoder(str(encoder_folder)) is models.encoder(str(encoder_folder))
    assert list(models.loading_ms) == [f"encoder {encoder_folder}"]


def test_a_reranker_with_several_labels_is_refused(tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path / "model", labels=3)

    with pytest.raises(ModelError, match="3 labels"):
        Models().reranker(str(folder))


def test_weights_cut_in_half_are_refused_in_one_line(tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])

    with pytest.raises(ModelError) as caught:
        Models().reranker(str(folder))

    assert "\n" not in caught.value.message


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_folder_without_a_part_is_no_model(tmp_path: Path, missing: str) -> None:
    folder = save_encoder(tmp_path / "model")
    (folder / missing).unlink()

    with pytest.raises(ModelError, match=missing):
        Models().encoder(str(folder))


def test_modules_that_are_not_run_here_are_refused(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "model")
    entries = json.loads((folder / "modules.json").read_text())
    entries.append({"idx": 3, "name": "3", "path": "3_Dense", "type": "x.Dense"})
    (folder / "modules.json").write_text(json.dumps(entries))

    with pytest.raises(ModelError, match="Dense"):
        Models().encoder(str(folder))


def test_an_unknown_id_names_what_there_is() -> None:
    with pytest.raises(ModelError) as caught:
        find_card("no such model", "reranker")

    assert "second-look-reranker" in caught.value.hint


def test_an_id_of_the_hub_that_is_not_here_says_what_serves_instead(home: Path) -> None:
    with pytest.raises(ModelError, match="not on this machine") as caught:
        Models().reranker("no/such-model")

    assert "second-look-reranker" in caught.value.hint


@pytest.mark.parametrize("kind", ["encoder", "late", "reranker"])
def test_of_each_kind_the_built_in_model_comes_first_and_is_here(kind: Kind) -> None:
    first, *others = cards(kind)

    assert (first.id, first.state) == (DEFAULTS[kind], "built in")
    assert len(others) >= 2


def test_every_card_says_what_a_person_needs_before_picking_it() -> None:
    for card in cards():
        told = card.as_dict()
        for name in ("id", "label", "use", "help", "languages", "licence", "source", "state"):
            assert told[name], f"{card.id} {name}"
        assert told["use"] in USES
        assert told["bytes"] > 1_000_000
        assert told["max_tokens"] >= 100
        assert (told["dimension"] is None) == (card.kind == "reranker")
        assert all(figure["source"].startswith("https://") for figure in told["figures"])
        assert set(told["sources"]) <= set(told)


def test_a_card_is_found_by_its_name_without_its_owner() -> None:
    card = find_card("ms-marco-TinyBERT-L2-v2", "reranker")

    assert card is not None
    assert card.id == "cross-encoder/ms-marco-TinyBERT-L2-v2"


def test_the_hubs_name_of_the_built_in_encoder_needs_no_fetch() -> None:
    assert find_card("sentence-transformers/all-MiniLM-L6-v2", "encoder").state == "built in"


def test_other_weights_under_a_published_name_are_refused(encoder_folder: Path) -> None:
    with pytest.raises(ModelError, match="not the published ones"):
        ModelFolder.open(encoder_folder, sha256="0" * 64)


def test_ids_of_cards_are_unique_within_their_kind() -> None:
    names = [(card.kind, card.id) for card in cards()]

    assert len(set(names)) == len(names)
