"""A tiny model learns who did what to whom from generated pairs, for verbs it never saw too."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from sentence_transformers import CrossEncoder
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertForSequenceClassification

from retrieval.models.folder import ModelFolder
from retrieval.training.grammar.frames import as_sentence, fill, schemes
from retrieval.training.grammar.lexicon import Split, words
from retrieval.training.groups import Group, passages_group
from retrieval.training.loop import Training
from retrieval.training.recipe import Phase, Recipe
from tests.tiny import SPECIAL, pair_processor

PAIRS = 24_000
SAID_IN = 2


def role_groups(split: Split, count: int, seed: int) -> Iterator[Group]:
    """A question about two people, and the sentence against the same with the two exchanged."""
    rng = random.Random(seed)
    scheme = next(scheme for scheme in schemes("train") if scheme.slots["V"] == "verbs.person")
    questions = [one for one in scheme.questions if "{A}" in one and "{B}" in one]
    for _ in range(count):
        first, second = rng.sample(words("nouns.role", "train")[:10], 2)
        own = {"A": first, "B": second, "V": rng.choice(words("verbs.person", split))}
        twin = own | {"A": second, "B": first}
        statement, question = rng.choice(scheme.statements[:SAID_IN]), rng.choice(questions)
        right, wrong = as_sentence(fill(statement, own)), as_sentence(fill(statement, twin))
        yield passages_group("roles", fill(question, own), (right,), (wrong,))
        yield passages_group("roles", fill(question, twin), (wrong,), (right,))


def untrained(folder: Path, texts: list[str]) -> ModelFolder:
    """Three small layers that have seen nothing, with a word for each word of the texts."""
    split = pre_tokenizers.BertPreTokenizer()
    found = sorted({word for text in texts for word, _ in split.pre_tokenize_str(text.lower())})
    vocabulary = {word: place for place, word in enumerate((*SPECIAL, *found))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), split
    tokenizer.post_processor = pair_processor(vocabulary)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=48,
        pad_token_id=0,
        num_labels=1,
        initializer_range=0.1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return ModelFolder.open(folder)


def accuracy(folder: Path, groups: tuple[Group, ...]) -> float:
    scores = CrossEncoder(str(folder)).predict([pair for group in groups for pair in group.pairs])
    return float((scores[::2] > scores[1::2]).mean())


def test_roles_are_learned_and_hold_for_unseen_verbs(tmp_path: Path) -> None:
    seen, unseen = tuple(role_groups("train", 6000, 1)), tuple(role_groups("test", 300, 2))
    verbs = set(words("verbs.person", "train")), set(words("verbs.person", "test"))
    assert not verbs[0] & verbs[1]
    texts = [text for group in (*seen, *unseen) for pair in group.pairs for text in pair]
    recipe = Recipe(
        seed=1,
        max_tokens=48,
        batch_tokens=8192,
        average=0.9,
        train_embeddings=True,
        precision="fp32",
        phases=(Phase(name="roles", pairs=PAIRS, learning_rate=1e-3, shares={"roles": 1.0}),),
    )
    base = untrained(tmp_path / "base", texts)
    training = Training(recipe, {"roles": seen}, base, tmp_path / "out", "roles")
    training.run()
    training.write_model(tmp_path / "out")
    before, after = accuracy(base.path, unseen), accuracy(tmp_path / "out", unseen)
    assert before == pytest.approx(0.5, abs=0.1)
    assert after > 0.9
