"""Tiny seeded models of the families that public encoders and rerankers are built from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tests.tiny import MAX_TOKENS, WORDS

SIZE = 16


@dataclass(frozen=True)
class Family:
    """How one family is made.

    ``shift`` is the number of positions that are never used, ``names`` are begin, pad, end and
    unknown in the order of their ids, ``types`` marks the second text of a pair.
    """

    name: str
    shift: int = 0
    names: tuple[str, str, str, str] = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    types: bool = True
    extra: Mapping[str, Any] | None = None

    @property
    def begin(self) -> str:
        return "<s>" if self.shift else "[CLS]"

    @property
    def end(self) -> str:
        return "</s>" if self.shift else "[SEP]"

    @property
    def pad(self) -> str:
        return "<pad>" if self.shift else "[PAD]"

    @property
    def unknown(self) -> str:
        return "<unk>" if self.shift else "[UNK]"


_ANGLES = ("<s>", "<pad>", "</s>", "<unk>")
FAMILIES = {
    one.name: one
    for one in (
        Family("Bert"),
        Family("Electra", extra={"embedding_size": 8}),
        Family("Roberta", 2, _ANGLES, types=False, extra={"type_vocab_size": 1}),
        Family("XLMRoberta", 2, _ANGLES, types=False, extra={"type_vocab_size": 1}),
        Family("MPNet", 2, _ANGLES, types=False),
    )
}


def family_tokenizer(family: Family) -> Tokenizer:
    vocabulary = {word: index for index, word in enumerate((*family.names, *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=family.unknown))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    begin, end = family.begin, family.end
    second = f"$B:1 {end}:1" if family.types else f"{end} $B {end}"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {second}",
        special_tokens=[(name, vocabulary[name]) for name in (begin, end)],
    )
    return tokenizer


def family_config(family: Family, **changes: Any) -> Any:
    make: Callable[..., Any] = getattr(transformers, f"{family.name}Config")
    return make(
        vocab_size=4 + len(WORDS),
        hidden_size=SIZE,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=MAX_TOKENS + family.shift,
        pad_token_id=family.names.index(family.pad),
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.6,
        **{**(family.extra or {}), **changes},
    )


def save_family(folder: Path, family: Family, *, reranker: bool = False, **changes: Any) -> Path:
    """A network of a family with its tokenizer, as a sequence classifier or without a head."""
    torch.manual_seed(5)
    suffix = "ForSequenceClassification" if reranker else "Model"
    config = family_config(family, **({"num_labels": 1} if reranker else {}), **changes)
    getattr(transformers, family.name + suffix)(config).save_pretrained(folder)
    family_tokenizer(family).save(str(folder / "tokenizer.json"))
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if family.types else [])]
    told = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": family.pad,
        "unk_token": family.unknown,
        "cls_token": family.begin,
        "sep_token": family.end,
        "model_max_length": MAX_TOKENS,
        "model_input_names": names,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(told))
    return folder


def add_pooling(folder: Path, pooling: str, max_seq_length: int | None = None) -> Path:
    """Make a sentence-transformers encoder of it."""
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(entries))
    if max_seq_length:
        told = {"max_seq_length": max_seq_length, "do_lower_case": False}
        (folder / "sentence_bert_config.json").write_text(json.dumps(told))
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps(
            {
                "word_embedding_dimension": SIZE,
                "pooling_mode_cls_token": pooling == "cls",
                "pooling_mode_mean_tokens": pooling == "mean",
            }
        )
    )
    return folder
