"""How fast this machine is with what serves, and how far that strays from single precision.

The figures are kept under the home folder with their date, so that a person sees them without
measuring again, and knows what they are of.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import numpy as np

from retrieval.models.keeping import keep_record
from retrieval.models.loading import Models
from retrieval.models.protocols import Floats, Reranker
from retrieval.models.sample_texts import QUESTION, mixed_passages

PASSAGES = 64
COMPARED = 24
"""Passages that are read in single precision too, which is many times as slow."""
ROUNDS = 3
QUESTIONS = 20
_FILE = "speed.json"
_REFERENCE = "torch-fp32"


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured of the default models, on passages of 20 to 240 tokens.

    Attributes:
        backends: Ids of what computed, the encoder's first.
        threads: Cores used.
        passages_per_second: Passages that the encoder reads in a second.
        pairs_per_second: Pairs that the reranker reads in a second.
        question_ms: Time for the vector of one question, in milliseconds.
        largest_difference: Of a logit, from what single precision gives.
        smallest_cosine: Of a vector with the one that single precision gives.
        measured: When, in ISO form.
    """

    backends: tuple[str, ...]
    threads: int
    passages_per_second: float
    pairs_per_second: float
    question_ms: float
    largest_difference: float
    smallest_cosine: float
    measured: str


def measure(models: Models) -> Speed:
    """Measure what serves, against the reference that computes exactly as published.

    Raises:
        ModelError: If a model cannot be loaded.
    """
    encoder, reranker = models.encoder(), models.reranker()
    texts = mixed_passages(PASSAGES, encoder)
    vectors, encoding = _timed(lambda: encoder.encode_documents(texts))
    logits, reranking = _timed(lambda: _logits(reranker, texts))
    _, question = _timed(lambda: [encoder.encode_query(QUESTION) for _ in range(QUESTIONS)])
    described = models.describe()
    reference = Models(None, backend=_REFERENCE, threads=described.threads)
    compared = texts[:COMPARED]
    exact = reference.encoder().encode_documents(compared)
    exact_logits = _logits(reference.reranker(), compared)
    return Speed(
        backends=tuple(dict.fromkeys(network.backend for network in described.networks)),
        threads=described.threads,
        passages_per_second=PASSAGES / encoding,
        pairs_per_second=PASSAGES / reranking,
        question_ms=1000 * question / QUESTIONS,
        largest_difference=float(np.abs(logits[: len(compared)] - exact_logits).max()),
        smallest_cosine=float((vectors[: len(compared)] * exact).sum(axis=1).min()),
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def keep_speed(home: Path, speed: Speed) -> None:
    """Write the figures in the place of the last ones.

    Raises:
        StorageError: If the home folder cannot be written.
    """
    keep_record(home / _FILE, json.dumps(asdict(speed)), "The measured speed")


def last_speed(home: Path) -> Speed | None:
    """The figures that were measured last; None if there are none, or they cannot be read."""
    try:
        values = json.loads((home / _FILE).read_text(encoding="utf-8"))
        return Speed(**{**values, "backends": tuple(values["backends"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _logits(reranker: Reranker, texts: tuple[str, ...]) -> Floats:
    logits = np.zeros(len(texts), dtype=np.float32)
    for batch in reranker.score(QUESTION, texts):
        logits[list(batch.indices)] = batch.values
    return logits


def _timed(work: Callable[[], Floats | list[Floats]]) -> tuple[Floats, float]:
    """What some work gives, and the median of its seconds."""
    values = work()  # compiles for these lengths
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return np.asarray(values, dtype=np.float32), median(seconds)
