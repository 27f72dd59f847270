"""The models that read candidates: each had once, and tried again when something of it changed."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from retrieval.cache import Cache
from retrieval.errors import SecondLookError
from retrieval.evaluation.legs import Legs, PairScores
from retrieval.evaluation.recipes import Recipe, with_partners
from retrieval.models.learned import Versions
from retrieval.models.loading import Models
from retrieval.models.presence import presence
from retrieval.stages.late import Late
from retrieval.store import Snapshot

Key = tuple[str, str]
"""Names a model: the stage that it reads for, and its id with its weights where they may change."""


@dataclass(slots=True)
class Reader:
    """A model that reads candidates: its scores by question, as far as they are known here."""

    pairs: PairScores
    known: list[dict[str, float]] = field(default_factory=list)

    def lacking(self, place: int, legs: Legs, chunk_ids: Iterable[str]) -> list[str]:
        """The chunks that have no score for the question at this place; the cache is asked once."""
        known = self.known[place]
        unknown = [chunk_id for chunk_id in chunk_ids if chunk_id not in known]
        if unknown:
            known.update(self.pairs.known(legs, unknown))
        return [chunk_id for chunk_id in unknown if chunk_id not in known]


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a model could not be had, and what was there of it then."""

    error: SecondLookError
    present: Hashable


class Readers:
    """The models of one question set.

    Args:
        models: Where they come from.
        cache: Where pair scores are kept.
        snapshot: The collection, pinned to a version.
        questions: How many questions there are.
    """

    def __init__(self, models: Models, cache: Cache, snapshot: Snapshot, questions: int) -> None:
        self._models, self._cache, self._snapshot = models, cache, snapshot
        self._questions = questions
        self._had: dict[Key, Reader] = {}
        self._failed: dict[Key, _Failure] = {}

    def load(self, recipe: Recipe, versions: Versions) -> None:
        """Have the model of a system, where one reads; without it only its own systems fail."""
        key = reader_key(recipe, versions)
        if not recipe.needs_pairs or key in self._had:
            return
        # Looked at first: what arrives while it is being loaded counts as a change.
        present = _presence(recipe)
        try:
            pairs = self._pair_scores(recipe)
        except SecondLookError as error:
            self._failed[key] = _Failure(error, present)
            return
        self._had[key] = Reader(pairs, [{} for _ in range(self._questions)])
        self._failed.pop(key, None)

    def find(self, key: Key) -> Reader | None:
        """The model of this key, if it has been had."""
        return self._had.get(key)

    def of(self, recipe: Recipe, versions: Versions) -> tuple[Reader, Reader | None]:
        """What reads a system's candidates, and what has a share in the scores."""
        partner = recipe.partner
        near = self._had[reader_key(partner, versions)] if partner else None
        return self._had[reader_key(recipe, versions)], near

    def are_settled(self, recipes: Iterable[Recipe], versions: Versions) -> bool:
        """Whether each model was had or tried, and of none that failed something has changed."""
        wanted = {reader_key(one, versions): one for one in recipes if one.needs_pairs}
        return all(key in self._had or self._fails(key, one) for key, one in wanted.items())

    def failure(self, recipe: Recipe, versions: Versions) -> SecondLookError | None:
        """Why a system cannot be run; None where it can."""
        failures = (self._failed.get(reader_key(one, versions)) for one in with_partners([recipe]))
        return next((one.error for one in failures if one is not None), None)

    def _fails(self, key: Key, recipe: Recipe) -> bool:
        failure = self._failed.get(key)
        return failure is not None and failure.present == _presence(recipe)

    def _pair_scores(self, recipe: Recipe) -> PairScores:
        if recipe.stage == "late":
            late = self._models.late(recipe.model)
            return PairScores(late, self._cache, self._snapshot, Late)
        return PairScores(self._models.reranker(recipe.model), self._cache, self._snapshot)


def reader_key(recipe: Recipe, versions: Versions) -> Key:
    """Equal keys, equal models."""
    return (recipe.stage, versions.of(recipe.model))


def _presence(recipe: Recipe) -> Hashable:
    return presence(recipe.model, "late" if recipe.stage == "late" else "reranker")
