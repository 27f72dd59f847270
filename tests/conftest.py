"""Fixtures for all tests: a home of their own, and an encoder that computes without any weights."""

from __future__ import annotations

import hashlib
import os
import shutil
import string
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from retrieval.models.loading import Models
from retrieval.models.protocols import Floats
from retrieval.settings import settings
from retrieval.store import Store

# Threads that wait for their share of a product spin by default, and take the core from whoever
# has work: side by side with other tests a training took three times the time. Read by torch.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

hypothesis_settings.register_profile(
    "shared", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
hypothesis_settings.load_profile("shared")

DIMENSION = 16
MAX_TOKENS = 64
WORDS = "the a not no and or medicine plant dose water cat dog causes helps sleep".split()


def make_tokenizer() -> Tokenizer:
    """A WordPiece tokenizer of a few words, all ASCII characters and [CLS] … [SEP]."""
    characters = string.ascii_lowercase + string.digits + string.punctuation
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, *characters]
    pieces += [f"##{character}" for character in characters]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


class TinyEncoder:
    """The mean of seeded token vectors: small, deterministic, and close for texts that share words.

    Attributes:
        texts_read: Every passage it was given, so that a test can count.
    """

    def __init__(self, seed: int = 0) -> None:
        self.id = f"tiny-{seed}"
        self.weights = hashlib.sha256(self.id.encode()).hexdigest()
        self.fingerprint = f"{self.weights[:16]}:numpy"
        self.dimension = DIMENSION
        self.max_tokens = MAX_TOKENS
        self.tokenizer = make_tokenizer()
        self.texts_read: list[str] = []
        size = self.tokenizer.get_vocab_size()
        self._vectors = np.random.default_rng(seed).normal(size=(size, DIMENSION))

    def encode_query(self, query: str) -> Floats:
        return self._encode([query])[0]

    def encode_documents(self, texts: Sequence[str]) -> Floats:
        self.texts_read.extend(texts)
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Floats:
        ids = [encoding.ids[:MAX_TOKENS] for encoding in self.tokenizer.encode_batch(list(texts))]
        means = np.stack([self._vectors[one].mean(axis=0) for one in ids])
        return (means / np.linalg.norm(means, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the packaged models as this machine runs them: ten seconds, spent once."""
    home = tmp_path_factory.mktemp("converted")
    models = Models(home)
    models.encoder()
    models.late()
    models.reranker()
    return home


def bring_models(converted: Path, home: Path) -> None:
    """Put the converted models into another home, as links to the same files."""
    if (converted / "models").is_dir():  # no backend here may need any
        shutil.copytree(
            converted / "models",
            home / "models",
            copy_function=os.link,
            ignore=shutil.ignore_patterns(".lock"),
        )


@pytest.fixture
def tiny_encoder() -> TinyEncoder:
    return TinyEncoder()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh home folder that this process's settings point to."""
    monkeypatch.setenv("SECOND_LOOK_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.fixture
def store(home: Path) -> Store:
    return Store(home)
