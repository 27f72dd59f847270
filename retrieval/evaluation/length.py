"""How the length of passages bears on each stage: scores, ranks, and what could not be read whole.

Length is counted in the encoder's tokens. A bi-encoder reads so many of them and no more; a
cross-encoder reads question and passage together, so that a long question leaves less room. Late
interaction reads a passage alone, as the bi-encoder does, with its own model's limit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import stats
from tokenizers import Tokenizer

from retrieval.evaluation.legs import Legs
from retrieval.evaluation.significance import Interval, interval
from retrieval.models.cards import DEFAULT_LATE, find_card
from retrieval.models.folder import Kind
from retrieval.settings import STAGE_ORDER, SearchSettings, StageName
from retrieval.stages.blending import rerank_unit
from retrieval.types import Chunk, Ranking

LEADING = 10
"""The results whose length is compared with that of all."""
_UNITS: Mapping[StageName, str] = MappingProxyType(
    {"bm25": "bm25", "dense": "cosine", "late": "maxsim"}
)
FEWEST = 3
"""Fewer points have no rank correlation."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How much of a text a model reads.

    Attributes:
        tokenizer: The model's own, without truncation.
        limit: Most tokens of one input, special tokens included.
        prompt: What is put before a passage.
        pairs: Whether it reads question and passage together.
    """

    tokenizer: Tokenizer
    limit: int
    prompt: str = ""
    pairs: bool = False

    @classmethod
    def of(cls, model_id: str, kind: Kind) -> Reader:
        """The reader of a model.

        Raises:
            ModelError: If it is not there, damaged, or of another kind.
        """
        folder = find_card(model_id, kind).open()
        if kind == "reranker":
            return cls(folder.tokenizer(), folder.max_tokens, pairs=True)
        return cls(folder.tokenizer(), folder.max_tokens, folder.prompt("document"))

    def tokens(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text, without prompt, question and special tokens."""
        read = self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return tuple(len(encoding) for encoding in read)

    def room(self, query: str) -> int:
        """Most tokens of a passage, its prompt included, that it reads beside a question."""
        taken = self.tokenizer.num_special_tokens_to_add(self.pairs)
        return self.limit - taken - (self.tokens([query])[0] if self.pairs else 0)

    def prompted(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text with its prompt: what has to fit into ``room``."""
        return self.tokens([self.prompt + text for text in texts])


@dataclass(frozen=True, slots=True)
class Point:
    """One passage in one stage's list.

    Attributes:
        question: Place of the question, from 0.
        chunk_id: The passage.
        tokens: Its length.
        rank: Its rank, from 1.
        score: Its score.
        whole: Whether the stage's model could read it whole.
    """

    question: int
    chunk_id: str
    tokens: int
    rank: int
    score: float
    whole: bool


@dataclass(frozen=True, slots=True)
class StageLengths:
    """The lists of one stage, by length.

    Attributes:
        stage: The stage.
        unit: Unit of its scores.
        limit: Most tokens that its model reads at once; None where it reads everything.
        points: All passages of its lists, best first, one question after another.
    """

    stage: StageName
    unit: str
    limit: int | None
    points: tuple[Point, ...]

    @property
    def unread(self) -> float:
        """Share of the passages that were not read whole, 0..1."""
        return sum(not point.whole for point in self.points) / max(1, len(self.points))

    @property
    def median_tokens(self) -> float:
        """Tokens of the passage in the middle; 0 without passages."""
        return float(median(point.tokens for point in self.points)) if self.points else 0.0

    @property
    def leading_tokens(self) -> float:
        """The same of the first ten of each list."""
        leading = [point.tokens for point in self.points if point.rank <= LEADING]
        return float(median(leading)) if leading else 0.0

    @property
    def correlation(self) -> Interval | None:
        """Spearman's rank correlation of length and score: above 0 where longer scores higher.

        One is taken for each question, for scores of different questions do not compare; over
        several, it is their mean with its interval. None where no list has three passages of more
        than one length and score.
        """
        by_question: dict[int, list[Point]] = {}
        for point in self.points:
            by_question.setdefault(point.question, []).append(point)
        found = [rho for points in by_question.values() if (rho := _spearman(points)) is not None]
        return interval(found) if found else None

    def as_dict(self) -> dict[str, Any]:
        """The figures as plain values for JSON, without the points."""
        found = self.correlation
        return {
            "unit": self.unit,
            "limit": self.limit,
            "passages": len(self.points),
            "spearman": found._asdict() if found else None,
            "not_read_whole": self.unread,
            "median_tokens": self.median_tokens,
            "median_tokens_first_10": self.leading_tokens,
        }


@dataclass(frozen=True, slots=True)
class Read:
    """One question's lists, with all that their lengths are told from.

    Attributes:
        legs: Both first lists.
        chunks: Every chunk in them.
        scores: The rerank score of each candidate; empty where none is known.
        late: The same of late interaction.
    """

    legs: Legs
    chunks: Mapping[str, Chunk]
    scores: Mapping[str, float]
    late: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readers:
    """Who reads the passages in each stage that has a model.

    Attributes:
        encoder: Counts tokens, and reads passages for the bi-encoder.
        late: Reads passages token by token.
        reranker: Reads pairs.
    """

    encoder: Reader
    late: Reader
    reranker: Reader

    @classmethod
    def of(cls, encoder: str, asked: SearchSettings) -> Readers:
        """The readers of a collection's encoder and of the models that were asked for.

        Raises:
            ModelError: If one is not there, damaged, or of another kind.
        """
        late = Reader.of(asked.late or DEFAULT_LATE, "late")
        return cls(Reader.of(encoder, "encoder"), late, Reader.of(asked.reranker, "reranker"))

    @property
    def by_stage(self) -> dict[StageName, Reader]:
        """The stages whose model may not read a passage whole."""
        return {"dense": self.encoder, "late": self.late, "rerank": self.reranker}


def measure_lengths(
    questions: Sequence[Read], asked: SearchSettings, readers: Readers
) -> tuple[StageLengths, ...]:
    """The lists of each stage by the length of their passages; no model runs.

    Args:
        questions: What was found for each question.
        asked: Fusion and its parameters.
        readers: Who reads the passages.
    """
    chunks = {chunk_id: chunk for one in questions for chunk_id, chunk in one.chunks.items()}
    texts = [chunk.text for chunk in chunks.values()]
    tokens = dict(zip(chunks, readers.encoder.tokens(texts), strict=True))
    by_stage = readers.by_stage
    taken = {
        stage: dict(zip(chunks, reader.prompted(texts), strict=True))
        for stage, reader in by_stage.items()
    }
    lists: dict[StageName, list[Point]] = {stage: [] for stage in STAGE_ORDER}
    for place, one in enumerate(questions):
        room = {stage: reader.room(one.legs.query) for stage, reader in by_stage.items()}
        for ranking in _rankings(one, asked):
            stage = ranking.stage
            lists[stage] += [
                Point(
                    place,
                    hit.chunk_id,
                    tokens[hit.chunk_id],
                    hit.rank,
                    hit.score,
                    stage not in room or taken[stage][hit.chunk_id] <= room[stage],
                )
                for hit in ranking.hits
            ]
    units = {**_UNITS, "hybrid": asked.fusion, "rerank": rerank_unit(asked.blend)}
    limits = {stage: reader.limit for stage, reader in by_stage.items()}
    return tuple(
        StageLengths(stage, units[stage], limits.get(stage), tuple(points))
        for stage, points in lists.items()
    )


def _rankings(one: Read, asked: SearchSettings) -> list[Ranking]:
    found = [one.legs.bm25, one.legs.dense, one.legs.fused(asked)]
    read: dict[StageName, tuple[str, Mapping[str, float]]] = {
        "late": (_UNITS["late"], one.late),
        "rerank": (rerank_unit(asked.blend), one.scores),
    }
    found += [
        Ranking.from_scores(stage, unit, scores.items())
        for stage, (unit, scores) in read.items()
        if scores
    ]
    return found


def _spearman(points: Sequence[Point]) -> float | None:
    tokens = [point.tokens for point in points]
    scores = [point.score for point in points]
    if len(points) < FEWEST or len(set(tokens)) == 1 or len(set(scores)) == 1:
        return None
    found = float(stats.spearmanr(tokens, scores).statistic)
    return found if np.isfinite(found) else None
