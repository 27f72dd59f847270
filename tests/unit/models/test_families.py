"""Every family that a card names is read as sentence-transformers reads it, to 1e-4."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder, MultiVectorEncoder, SentenceTransformer
from sentence_transformers.base.modules import Dense, Transformer
from transformers import BertTokenizerFast

from retrieval.errors import ModelError
from retrieval.models.cards import find_card
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from tests.families import FAMILIES, SIZE, add_pooling, save_family
from tests.tiny import MAX_TOKENS, SPECIAL, WORDS

TEXTS = ["the dog bit the man", "water", "which plant is safe in the sun " * 9, "no soil on a leaf"]
QUESTION = "which medicine does not cause drowsiness"


def scores(folder: Path, texts: list[str], backend: str = "torch-fp32") -> np.ndarray:
    found = np.full(len(texts), np.nan)
    for batch in Models(backend=backend).reranker(str(folder)).score(QUESTION, texts):
        found[list(batch.indices)] = batch.values
    return found


@pytest.mark.parametrize("backend", ["torch-fp32", "openvino-f32"])
@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_vectors_of_every_family(tmp_path: Path, name: str, pooling: str, backend: str) -> None:
    folder = add_pooling(save_family(tmp_path / "model", FAMILIES[name]), pooling)

    vectors = Models(backend=backend).encoder(str(folder)).encode_documents(TEXTS)

    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(vectors, expected, atol=1e-4)


@pytest.mark.parametrize("backend", ["torch-fp32", "openvino-f32"])
@pytest.mark.parametrize("name", FAMILIES)
def test_logits_of_every_family(tmp_path: Path, name: str, backend: str) -> None:
    folder = save_family(tmp_path / "model", FAMILIES[name], reranker=True)

    found = scores(folder, TEXTS, backend)

    reference = CrossEncoder(str(folder), device="cpu", activation_fn=torch.nn.Identity())
    np.testing.assert_allclose(
        found, reference.predict([(QUESTION, text) for text in TEXTS]), atol=1e-4
    )


def test_a_saved_activation_changes_the_show_and_never_the_logits(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Roberta"], reranker=True)
    plain = scores(folder, TEXTS)
    config = json.loads((folder / "config.json").read_text())
    saved = {"activation_fn": "torch.nn.modules.activation.Sigmoid", "version": "4.1.0"}
    (folder / "config.json").write_text(json.dumps({**config, "sentence_transformers": saved}))

    assert CrossEncoder(str(folder), device="cpu").predict([(QUESTION, "water")])[0] <= 1
    np.testing.assert_array_equal(scores(folder, TEXTS), plain)


@pytest.mark.parametrize("name", ["Roberta", "XLMRoberta", "MPNet"])
def test_positions_that_are_never_used_are_not_counted(tmp_path: Path, name: str) -> None:
    folder = save_family(tmp_path / "model", FAMILIES[name])
    told = json.loads((folder / "tokenizer_config.json").read_text())
    del told["model_max_length"]
    (folder / "tokenizer_config.json").write_text(json.dumps(told))

    encoder = Models().encoder(str(folder))

    assert encoder.max_tokens == MAX_TOKENS
    assert np.isfinite(encoder.encode_documents(["water " * 200])).all()


def test_what_the_folder_says_it_reads_is_what_is_read(tmp_path: Path) -> None:
    folder = add_pooling(save_family(tmp_path / "model", FAMILIES["MPNet"]), "mean", 12)

    encoder = Models().encoder(str(folder))

    assert encoder.max_tokens == 12
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(encoder.encode_documents(TEXTS), expected, atol=1e-4)


def test_a_second_type_is_not_given_to_a_family_that_has_one(tmp_path: Path) -> None:
    """Some tokenizers mark the second text although the network knows one type only."""
    folder = save_family(tmp_path / "model", FAMILIES["Roberta"], reranker=True)
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    plain = scores(folder, TEXTS)
    for piece in tokenizer["post_processor"]["pair"][3:]:
        next(iter(piece.values()))["type_id"] = 1
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))

    np.testing.assert_array_equal(scores(folder, TEXTS), plain)


def test_prompts_of_a_card_stand_before_its_texts_and_in_its_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = add_pooling(save_family(tmp_path / "e5", FAMILIES["Bert"]), "mean")
    card = find_card("intfloat/e5-large-v2", "encoder")
    plain = ModelFolder.open(folder)

    prompted = ModelFolder.open(folder, prompts=card.prompts)

    assert prompted.prompt("query") == "query: "
    assert prompted.prompt("document") == "passage: "
    assert prompted.weights_hash == plain.weights_hash
    assert prompted.reading != plain.reading == plain.weights_hash[:16]


def test_prompts_that_the_folder_names_come_first(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    told = {"prompts": {"query": "the ", "passage": "a "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(told))

    opened = ModelFolder.open(folder, prompts={"query": "query: "})

    assert (opened.prompt("query"), opened.prompt("document")) == ("the ", "a ")


def test_vocabulary_files_of_the_older_form_make_the_same_tokenizer(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Electra"], reranker=True)
    vocabulary = {word: index for index, word in enumerate((*SPECIAL, *WORDS))}
    whole = BertTokenizerFast(vocab=vocabulary, model_max_length=MAX_TOKENS)
    whole.save_pretrained(folder)
    with_tokenizer = scores(folder, TEXTS)
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")

    np.testing.assert_allclose(scores(folder, TEXTS), with_tokenizer, atol=1e-6)


def test_a_tokenizer_that_would_need_another_library_is_explained(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["XLMRoberta"])
    (folder / "tokenizer.json").unlink()
    (folder / "sentencepiece.bpe.model").write_bytes(b"\0")

    with pytest.raises(ModelError, match="tokenizer") as caught:
        Models().encoder(str(folder))

    assert "sentencepiece.bpe.model" in caught.value.hint


def save_late(folder: Path, seed: int = 3) -> Path:
    network = save_family(folder / "network", FAMILIES["Bert"])
    torch.manual_seed(seed)
    project = Dense(
        in_features=SIZE,
        out_features=4,
        bias=False,
        activation_function=torch.nn.Identity(),
        module_input_name="token_embeddings",
    )
    model = MultiVectorEncoder(modules=[Transformer(str(network)), project], device="cpu")
    model.save_pretrained(str(folder / "late"))
    return folder / "late"


def test_a_late_model_projects_its_tokens_as_its_own_library_does(tmp_path: Path) -> None:
    folder = save_late(tmp_path)
    late = Models().late(str(folder))

    passages = {
        index: rows
        for batch in late.document_tokens(TEXTS)
        for index, rows in zip(batch.indices, batch.values, strict=True)
    }

    reference = MultiVectorEncoder(str(folder), device="cpu")
    expected = reference.encode_document(TEXTS, convert_to_numpy=True, normalize_embeddings=True)
    for index, rows in enumerate(expected):
        np.testing.assert_allclose(passages[index], rows, atol=1e-4)
    assert late.query_tokens(QUESTION).shape[1] == 4


def test_another_projection_is_another_model(tmp_path: Path) -> None:
    first, second = save_late(tmp_path / "one", seed=3), save_late(tmp_path / "two", seed=4)

    assert Models().late(str(first)).fingerprint != Models().late(str(second)).fingerprint


@pytest.mark.parametrize(
    ("kind", "says"),
    [("encoder", "scores pairs of texts"), ("late", "scores pairs of texts")],
)
def test_a_reranker_is_no_encoder(tmp_path: Path, kind: str, says: str) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"], reranker=True)

    with pytest.raises(ModelError, match=says):
        getattr(Models(), kind)(str(folder))


def test_an_encoder_is_no_reranker_and_no_head_is_made_up_for_it(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    with pytest.raises(ModelError, match="makes one vector of each text"):
        Models().reranker(str(folder))
    config = json.loads((folder / "config.json").read_text())
    told = {"architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    (folder / "config.json").write_text(json.dumps({**config, **told}))

    with pytest.raises(ModelError, match=r"lack .* parts of the network"):
        Models().reranker(str(folder))


def test_a_late_model_is_no_encoder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="one vector of each token"):
        Models().encoder(str(save_late(tmp_path)))


def test_code_of_a_models_own_is_never_run(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    trap = tmp_path / "sprung"
    (folder / "modeling_own.py").write_text(f"open({str(trap)!r}, 'w')\n")
    config = json.loads((folder / "config.json").read_text())
    told = {"model_type": "own", "auto_map": {"AutoModel": "modeling_own.OwnModel"}}
    (folder / "config.json").write_text(json.dumps({**config, **told}))

    with pytest.raises(ModelError):
        Models().encoder(str(folder))

    assert not trap.exists()


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    with pytest.raises(ModelError) as caught:
        Models().encoder(str(folder))

    assert "pickle" in caught.value.hint


def test_weights_in_several_files_are_read_together(tmp_path: Path) -> None:
    folder = add_pooling(save_family(tmp_path / "model", FAMILIES["Bert"]), "mean")
    whole = Models().encoder(str(folder)).encode_documents(TEXTS)
    from transformers import BertModel  # noqa: PLC0415

    network = BertModel.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    network.save_pretrained(folder, max_shard_size="8KB")

    assert not (folder / "model.safetensors").exists()
    np.testing.assert_allclose(
        Models().encoder(str(folder)).encode_documents(TEXTS), whole, atol=1e-6
    )


@pytest.mark.parametrize("end", [0.5, 0.9, 1.1])
def test_a_safetensors_file_of_another_length_is_damaged(tmp_path: Path, end: float) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    weights = folder / "model.safetensors"
    content = weights.read_bytes() * 2
    weights.write_bytes(content[: int(len(content) / 2 * end)])

    with pytest.raises(ModelError, match="damaged") as caught:
        ModelFolder.open(folder)

    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0{}", b"\x01\0\0\0\0\0\0\0{"]
)
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    (folder / "model.safetensors").write_bytes(content)

    with pytest.raises(ModelError):
        Models().encoder(str(folder))


@pytest.mark.parametrize("name", ["../outside.safetensors", "/etc/passwd", "a/b.safetensors"])
def test_an_index_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    (folder / "model.safetensors").rename(tmp_path / "outside.safetensors")
    told = {"weight_map": {"embeddings": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(told))

    with pytest.raises(ModelError, match="no file beside it"):
        ModelFolder.open(folder)


@pytest.mark.parametrize("text", ["[]", "{", '{"hidden_size": "x"}'])
def test_a_configuration_that_says_nothing_is_one_clear_line(tmp_path: Path, text: str) -> None:
    folder = save_family(tmp_path / "model", FAMILIES["Bert"])
    (folder / "config.json").write_text(text)

    with pytest.raises(ModelError) as caught:
        Models().encoder(str(folder))

    assert "\n" not in caught.value.message
