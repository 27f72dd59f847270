"""Tiny seeded transformers, written to a folder in the form that the real ones have."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, BertModel

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
WORDS = (
    "the a does not no cause drowsiness medicine allergy dog bit man bites who what which is are "
    "in on of and plant poisonous to cats safe loratadine diphenhydramine water sun leaf soil"
).split()
MAX_TOKENS = 32


def tiny_tokenizer() -> Tokenizer:
    vocabulary = {word: index for index, word in enumerate((*SPECIAL, *WORDS))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = pair_processor(vocabulary)
    return tokenizer


def pair_processor(vocabulary: dict[str, int]) -> processors.TemplateProcessing:
    """Puts BERT's special tokens around one text or two."""
    return processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )


def _config(**changes: float) -> BertConfig:
    settings: dict[str, float] = {
        "vocab_size": len(SPECIAL) + len(WORDS),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": MAX_TOKENS,
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        # Seeded weights are small; this spreads the scores so that orders are not noise.
        "initializer_range": 0.6,
    }
    return BertConfig(**(settings | changes))


def _save(model: torch.nn.Module, folder: Path) -> Path:
    model.save_pretrained(folder)
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "pad_token": "[PAD]",
                "unk_token": "[UNK]",
                "cls_token": "[CLS]",
                "sep_token": "[SEP]",
                "model_max_length": MAX_TOKENS,
                "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
            }
        )
    )
    return folder


def save_encoder(folder: Path, pooling: str = "mean", seed: int = 7) -> Path:
    """A sentence-transformers folder with mean or cls pooling and a normalise module."""
    torch.manual_seed(seed)
    _save(BertModel(_config(), add_pooling_layer=False), folder)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    entries = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(entries))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": MAX_TOKENS}))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps(
            {
                "word_embedding_dimension": 16,
                "pooling_mode_cls_token": pooling == "cls",
                "pooling_mode_mean_tokens": pooling == "mean",
            }
        )
    )
    (folder / "2_Normalize").mkdir()
    return folder


def save_cross_encoder(folder: Path, labels: int = 1, seed: int = 11, **changes: float) -> Path:
    """A sequence-classification folder with this many labels, and what else is to be another."""
    torch.manual_seed(seed)
    return _save(BertForSequenceClassification(_config(num_labels=labels, **changes)), folder)
