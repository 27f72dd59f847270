"""int8 on a person's own passages: calibrated, compared with the default, kept only if it agrees.

Eight bits hold 256 steps, and which ones a network needs depends on what it reads. So the ranges
are taken from a collection's passages, and the passages themselves are then asked as questions: if
the first ten of either network differ in more than one place of fifty, the default goes on serving.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from retrieval.errors import ModelError, SettingsError
from retrieval.models.backends import Head
from retrieval.models.backends.converted import ConvertedNetworks
from retrieval.models.backends.int8 import Verdict, calibration_obstacle, fingerprint, quantise
from retrieval.models.backends.openvino import OpenVinoBackend
from retrieval.models.backends.openvino_runtime import library, obstacle
from retrieval.models.backends.resources import Resources, available_cores
from retrieval.models.batching import PaddedBatch
from retrieval.models.cards import DEFAULT_ENCODER, DEFAULT_RERANKER, find_card
from retrieval.models.encoder import BiEncoder
from retrieval.models.folder import ModelFolder
from retrieval.models.loading import Models
from retrieval.models.protocols import Floats
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.models.sharing import SharedNetwork
from retrieval.models.workers import Workers

PASSAGES = 400
"""Read for the comparison; every second one for the ranges."""
FEWEST = 40
QUESTIONS, POOL = 12, 40
"""Of the reranker: passages asked as questions, and the candidates of each."""
DEPTH = 10

_QUESTION_WORDS = 24
"""A question that a reranker gets is a sentence, and no passage of 200 tokens."""

Pair = tuple[str, str]


class _Part(NamedTuple):
    """One network on its way to int8: how to read with it, and what it reads."""

    kind: str
    model: str
    head: Head
    make: Callable[[ModelFolder, SharedNetwork], BiEncoder | CrossEncoderReranker]


_PARTS = (
    _Part("encoder", DEFAULT_ENCODER, "tokens", lambda f, n: BiEncoder(DEFAULT_ENCODER, f, n)),
    _Part(
        "reranker",
        DEFAULT_RERANKER,
        "logit",
        lambda f, n: CrossEncoderReranker(DEFAULT_RERANKER, f, n),
    ),
)


def calibrate(
    home: Path, source: str, texts: Sequence[str], threads: int | None = None
) -> Iterator[Verdict]:
    """Calibrate encoder and reranker on passages, and keep what agrees with the default.

    Args:
        home: The home folder, where networks and verdicts are kept.
        source: Name of the collection that the passages are from.
        texts: Its passages; a sample of them is read.
        threads: Cores to compute with; None takes all.

    Yields:
        The verdict on each network, as soon as it is kept.

    Raises:
        SettingsError: If ``nncf`` or OpenVINO is missing, or there are too few passages.
        ModelError: If a network cannot be quantised.
        StorageError: If the home folder cannot be written.
    """
    if reason := obstacle() or calibration_obstacle():
        raise SettingsError(
            f"int8 cannot be calibrated: {reason}.", hint="Install it, or keep the default."
        )
    sample = sample_of(texts)
    networks = ConvertedNetworks(home)
    resources = Resources(threads or available_cores(), networks)
    plain = Models(home, backend="auto", threads=threads)
    for part in _PARTS:
        yield _calibrate(part, source, sample, plain, resources)


def sample_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Different passages in an order that is always the same.

    Raises:
        SettingsError: If there are too few to judge by.
    """
    distinct = sorted(set(texts))
    if len(distinct) < FEWEST:
        raise SettingsError(
            f"int8 is calibrated on at least {FEWEST} passages, and there are {len(distinct)}.",
            hint="Choose a larger collection.",
        )
    random.Random(1).shuffle(distinct)  # noqa: S311  # a sample, not a secret
    return tuple(distinct[:PASSAGES])


def _calibrate(
    part: _Part, source: str, texts: Sequence[str], plain: Models, resources: Resources
) -> Verdict:
    folder = find_card(part.model, "encoder" if part.kind == "encoder" else "reranker").open()
    reference = plain.encoder() if part.kind == "encoder" else plain.reranker()
    network = resources.networks.open(folder, part.head)
    try:
        rounded = quantise(network, _batches(reference, texts))
    except (RuntimeError, ValueError, MemoryError) as error:
        raise ModelError(
            f"{part.model} cannot be calibrated in int8: {str(error).splitlines()[:1]}",
            hint="The default goes on serving.",
        ) from error
    backend = OpenVinoBackend(rounded, "openvino-int8-new", part.head, "int8", resources)
    new = part.make(folder, SharedNetwork(backend, Workers(resources.streams)))
    before, seconds_before = _timed(lambda: _scores(reference, texts))
    after, seconds_after = _timed(lambda: _scores(new, texts))
    verdict = Verdict(
        model=folder.path.name,
        head=part.head,
        source=source,
        passages=len(texts),
        fingerprint=fingerprint(folder, part.head, texts),
        agreement=agreement(before, after),
        speed=seconds_before / seconds_after,
        openvino=library().__version__,
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    resources.networks.keep_int8(folder, verdict, rounded)
    return verdict


def agreement(before: Floats, after: Floats) -> float:
    """Share of each row's first ten that stays the same, mean over the rows.

    Args:
        before: Scores, float32 of shape (questions, passages).
        after: Other scores of the same questions and passages.
    """
    depth = min(DEPTH, before.shape[1])
    firsts = [np.argsort(-scores, axis=1, kind="stable")[:, :depth] for scores in (before, after)]
    same = [len(set(one) & set(other)) / depth for one, other in zip(*firsts, strict=True)]
    return float(np.mean(same))


def _batches(reference: object, texts: Sequence[str]) -> list[PaddedBatch]:
    half = texts[::2]
    if isinstance(reference, BiEncoder):
        return list(reference.batches(half))
    if isinstance(reference, CrossEncoderReranker):
        return list(reference.batches(_pairs(half)[: len(half)]))
    raise ModelError("Only this engine's own encoder and reranker are calibrated.")


def _scores(model: object, texts: Sequence[str]) -> Floats:
    """Cosines of all passages with all others, or logits of some with their candidates."""
    if isinstance(model, BiEncoder):
        vectors = model.encode_documents(texts)
        cosines: Floats = vectors @ vectors.T
        np.fill_diagonal(cosines, -np.inf)
        return cosines
    if not isinstance(model, CrossEncoderReranker):
        raise ModelError("Only this engine's own encoder and reranker are calibrated.")
    pairs = _pairs(texts)
    logits = np.zeros(len(pairs), dtype=np.float32)
    for batch in model.score_pairs(pairs):
        logits[list(batch.indices)] = batch.values
    return logits.reshape(-1, min(POOL, len(texts)))


def _pairs(texts: Sequence[str]) -> list[Pair]:
    """The first sentences of some passages as questions, each with the same candidates."""
    questions = [" ".join(text.split()[:_QUESTION_WORDS]) for text in texts[:QUESTIONS]]
    return [(question, text) for question in questions for text in texts[:POOL]]


def _timed(work: Callable[[], Floats]) -> tuple[Floats, float]:
    work()  # compiles for these lengths
    start = time.perf_counter()
    return work(), time.perf_counter() - start
