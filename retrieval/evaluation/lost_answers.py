"""Where the right answers of a question set are lost, for several ways to choose the candidates.

Each relevant document is counted once, at the first step that let it go, and a document stands
where its best chunk stands. The reranker is judged on its own work alone: what never reached it is
not its loss, what it could not have lost is not its merit, and where more right answers than places
reach it, those beyond the places are nobody's loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, get_args

from retrieval.evaluation.curve import Grades
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.recipes import Recipe, Source, reordered
from retrieval.settings import DEPTH, SearchSettings

Part = Literal["found", "sure", "no_room", "buried", "fused_out", "never_a_candidate"]
PARTS: Mapping[Part, str] = MappingProxyType(
    {
        "found": "among the results shown after reranking",
        "sure": "found, and could not be lost: the pool is no longer than the results shown",
        "no_room": "in the pool, but every place above it is taken by another right answer",
        "buried": "in the pool, and the reranker put it behind the results shown",
        "fused_out": "in a first list, but not among the first N",
        "never_a_candidate": f"in no first list that is read, to a depth of {DEPTH}",
    }
)
"""What can become of a right answer, from the best to the worst."""

COMPARED_N = (10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class PoolSetting:
    """One way to choose the candidates: one bar.

    Attributes:
        name: What tables call it.
        asked: N, fusion and its parameters, and how many results are shown.
        source: Which list the first N are taken of.
    """

    name: str
    asked: SearchSettings
    source: Source = "fused"

    @property
    def recipe(self) -> Recipe:
        """The reranker over the first N of that list."""
        return Recipe("rerank", self.asked, self.source)

    def order(self, legs: Legs) -> tuple[str, ...]:
        """Chunk ids of the list, best first."""
        return self.recipe.order(legs)

    def pool(self, legs: Legs) -> tuple[str, ...]:
        """The first N of it: what the reranker reads."""
        return self.order(legs)[: self.asked.candidates]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one right answer.

    Attributes:
        question: Place of its question in the set, from 0.
        document_id: The document.
        grade: How right it is, above 0.
        part: What became of it.
        chunk_id: Its best chunk in the list that candidates are taken of, or the first of it in
            either first list; None where neither has it.
        ranks: Its rank among the documents of ``bm25``, ``dense``, ``pool`` (the list before
            reranking) and ``rerank``; None where it is not in there.
    """

    question: int
    document_id: str
    grade: int
    part: Part
    chunk_id: str | None
    ranks: Mapping[str, int | None]


@dataclass(frozen=True)
class Losses:
    """All right answers of a question set under one setting.

    Attributes:
        setting: How the candidates are chosen.
        answers: One for each relevant document of each question.
        questions: Questions that have a relevant document.
    """

    setting: PoolSetting
    answers: tuple[Answer, ...]
    questions: int

    @cached_property
    def counts(self) -> Mapping[Part, int]:
        """How many answers fall into each part."""
        counts: dict[Part, int] = dict.fromkeys(get_args(Part), 0)
        for answer in self.answers:
            counts[answer.part] += 1
        return counts

    @property
    def reached(self) -> int:
        """Answers that are in the pool."""
        return sum(answer.ranks["rerank"] is not None for answer in self.answers)

    @property
    def lifted(self) -> int:
        """Answers that only the reranker brought among the results shown."""
        return sum(answer.part == "found" and self._is_behind(answer) for answer in self.answers)

    @property
    def demoted(self) -> int:
        """Answers that the reranker put out of the results shown."""
        return sum(
            answer.part == "buried" and not self._is_behind(answer) for answer in self.answers
        )

    def of(self, part: Part) -> tuple[Answer, ...]:
        """The answers of one part."""
        return tuple(answer for answer in self.answers if answer.part == part)

    def as_dict(self) -> dict[str, Any]:
        """The counts as plain values for JSON."""
        asked = self.setting.asked
        return {
            "candidates": asked.candidates,
            "fusion": asked.fusion if self.setting.source == "fused" else None,
            "source": self.setting.source,
            "top": asked.top,
            "questions": self.questions,
            "answers": len(self.answers),
            **{str(part): count for part, count in self.counts.items()},
            "lifted": self.lifted,
            "demoted": self.demoted,
        }

    def _is_behind(self, answer: Answer) -> bool:
        rank = answer.ranks["pool"]
        return rank is not None and rank > self.setting.asked.top


def compared_settings(asked: SearchSettings) -> tuple[PoolSetting, ...]:
    """The setting of now, other N, the other fusion, and each first list alone."""
    other = replace(asked, fusion="weighted" if asked.fusion == "rrf" else "rrf")
    return (
        PoolSetting(f"now: {fusion_name(asked)}, N {asked.candidates}", asked),
        *(
            PoolSetting(f"N {n}", replace(asked, candidates=n))
            for n in COMPARED_N
            if n != asked.candidates
        ),
        PoolSetting(fusion_name(other), other),
        PoolSetting("BM25 alone", asked, "bm25"),
        PoolSetting("bi-encoder alone", asked, "dense"),
    )


def fusion_name(asked: SearchSettings) -> str:
    """The fusion with its parameter, in short."""
    return f"RRF k {asked.rrf_k}" if asked.fusion == "rrf" else f"weighted {asked.alpha:.2f}"


def needed_pairs(legs: Legs, settings: Iterable[PoolSetting]) -> tuple[str, ...]:
    """Every chunk that the reranker has to read for some setting, each once."""
    pools = (setting.pool(legs) for setting in settings)
    return tuple(dict.fromkeys(chunk_id for pool in pools for chunk_id in pool))


def survey(
    setting: PoolSetting, judged: Sequence[tuple[Legs, Grades, Mapping[str, float]]]
) -> Losses:
    """Follow every right answer of a question set; no model runs.

    Args:
        setting: How the candidates are chosen.
        judged: First lists, grades by document and rerank scores by chunk of each question.

    Raises:
        ValueError: If a candidate has no score.
    """
    answers = [
        answer
        for place, (legs, grades, scores) in enumerate(judged)
        for answer in _follow(setting, place, legs, grades, scores)
    ]
    return Losses(setting, tuple(answers), len({answer.question for answer in answers}))


def _follow(
    setting: PoolSetting,
    place: int,
    legs: Legs,
    grades: Grades,
    scores: Mapping[str, float],
) -> list[Answer]:
    relevant = {document: grade for document, grade in grades.items() if grade > 0}
    order = setting.order(legs)
    pool = order[: setting.asked.candidates]
    if missing := [chunk_id for chunk_id in pool if chunk_id not in scores]:
        raise ValueError(f"{len(missing)} of {len(pool)} candidates have no rerank score")
    read = reordered({chunk_id: scores[chunk_id] for chunk_id in pool}, legs.documents)
    ranks = {
        "bm25": _ranks([hit.chunk_id for hit in legs.bm25.hits], legs.documents),
        "dense": _ranks([hit.chunk_id for hit in legs.dense.hits], legs.documents),
        "pool": _ranks(order, legs.documents),
        "rerank": {document: rank for rank, (document, _) in enumerate(read, start=1)},
    }
    parts = _parts(relevant, ranks["pool"], ranks["rerank"], setting.asked.top)
    best = _best_chunks((*order, *legs.documents), legs.documents)
    return [
        Answer(
            place,
            document,
            grade,
            parts[document],
            best.get(document),
            {name: found.get(document) for name, found in ranks.items()},
        )
        for document, grade in relevant.items()
    ]


def _parts(
    relevant: Iterable[str], before: Mapping[str, int], after: Mapping[str, int], top: int
) -> dict[str, Part]:
    """What became of each document, by its ranks before and after reranking."""
    read = sorted((document for document in relevant if document in after), key=after.__getitem__)
    shown = [document for document in read if after[document] <= top]
    # The reranker could have shown as many more as it showed wrong ones.
    places = min(top, len(after)) - len(shown)
    found: Part = "sure" if len(after) <= top else "found"
    parts: dict[str, Part] = dict.fromkeys(shown, found)
    for number, document in enumerate(read[len(shown) :]):
        parts[document] = "buried" if number < places else "no_room"
    for document in relevant:
        parts.setdefault(document, "fused_out" if document in before else "never_a_candidate")
    return parts


def _ranks(order: Iterable[str], documents: Mapping[str, str]) -> dict[str, int]:
    """Rank of each document in a list of chunks, from 1."""
    ordered = dict.fromkeys(documents[chunk_id] for chunk_id in order)
    return {document: rank for rank, document in enumerate(ordered, start=1)}


def _best_chunks(order: Iterable[str], documents: Mapping[str, str]) -> dict[str, str]:
    best: dict[str, str] = {}
    for chunk_id in order:
        best.setdefault(documents[chunk_id], chunk_id)
    return best
