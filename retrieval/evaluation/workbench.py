"""A question set at one version of a collection, with all lists and scores that are known of it.

The first lists of each question are gathered once, pairs are scored once, and after that every run
is arithmetic: moving N, k or alpha over hundreds of questions runs no model.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Lock

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import CancelledError, SecondLookError
from retrieval.evaluation.legs import Legs, PairScores, Scored
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.evaluation.recipes import Recipe, reordered, with_partners
from retrieval.evaluation.runs import Run, by_best_chunk
from retrieval.evaluation.runs import Scored as ScoredDocuments
from retrieval.models.learned import Versions
from retrieval.models.loading import Models
from retrieval.models.presence import presence
from retrieval.settings import settings
from retrieval.stages.blending import blended
from retrieval.stages.late import Late
from retrieval.store import Snapshot

_ORDERS_KEPT = 8
_POOLS_KEPT = 4

_Wanted = list[tuple[int, Legs, tuple[str, ...]]]
"""Places of questions, their lists, and the chunks whose scores are wanted."""

Tell = Callable[[int, int], None]
"""Is told how many questions are done, of how many."""


@dataclass(slots=True)
class _Model:
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


class Workbench:
    """Runs of systems over one question set.

    Args:
        cascade: What searches.
        models: Where the models come from.
        cache: Where pair scores are kept.
        snapshot: The collection, pinned to a version.
        asked: The questions with their judgments.
    """

    def __init__(
        self,
        cascade: Cascade,
        models: Models,
        cache: Cache,
        snapshot: Snapshot,
        asked: QuestionSet,
    ) -> None:
        self.snapshot = snapshot
        self.asked = asked
        self._cascade = cascade
        self._models = models
        self._cache = cache
        self._lists: dict[object, list[Legs]] = {}
        self._orders: OrderedDict[object, list[tuple[str, ...]]] = OrderedDict()
        self._unions: OrderedDict[object, _Wanted] = OrderedDict()
        self._read: dict[tuple[str, str], _Model] = {}
        self._failed: dict[tuple[str, str], _Failure] = {}
        self._gathering = Lock()

    @property
    def key(self) -> tuple[str, str]:
        """Equal keys, equal questions over equal texts."""
        return (self.snapshot.key, self.asked.key)

    def is_ready(self, recipes: Iterable[Recipe]) -> bool:
        """Whether the first lists of all these are gathered and their models loaded.

        A model that could not be had counts as loaded until something of it has changed on disk.
        """
        wanted, versions = with_partners(recipes), _versions()
        readers = {_model_key(one, versions): one for one in wanted if one.needs_pairs}
        return all(
            len(self._lists.get(recipe.lists_key, ())) == len(self.asked.questions)
            for recipe in wanted
        ) and all(key in self._read or self._fails(key, one) for key, one in readers.items())

    def gather(
        self,
        recipes: Iterable[Recipe],
        tell: Tell | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Load the models and gather the first lists; what is gathered stays, wherever it stops.

        Raises:
            CancelledError: If it was asked to stop.
            CollectionError: If the collection is gone.
        """
        with self._gathering:
            wanted, versions = with_partners(recipes), _versions()
            for recipe in {_model_key(one, versions): one for one in wanted}.values():
                self._load(recipe, versions)
            for recipe in wanted:
                found = self._lists.setdefault(recipe.lists_key, [])
                for question in self.asked.questions[len(found) :]:
                    if cancelled():
                        raise CancelledError("Stopped; what was searched so far is kept.")
                    found.append(
                        Legs.gather(self._cascade, self.snapshot, question.text, recipe.settings)
                    )
                    if tell is not None:
                        tell(len(found), len(self.asked.questions))

    def sample_lists(self, recipe: Recipe) -> Legs:
        """The first lists of one question, to measure the speed of this machine with."""
        return self._lists[recipe.lists_key][0]

    def every_list(self, recipe: Recipe) -> tuple[Legs, ...]:
        """The first lists of all questions, in their order, once they are gathered."""
        return tuple(self._lists[recipe.lists_key])

    def failure(self, recipe: Recipe) -> SecondLookError | None:
        """Why a system cannot be run; None where it can."""
        return self._failure(recipe, _versions())

    def missing(self, recipes: Iterable[Recipe], depth: int = 0) -> int:
        """How many pairs have no score yet, for these systems and at least the first ``depth``."""
        return sum(_total(model, wanted) for model, wanted in self._wanted(recipes, depth))

    def score(
        self,
        recipes: Iterable[Recipe],
        depth: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> Iterator[Scored]:
        """Score what ``missing`` counts, a few pairs a step; what was scored stays.

        Args:
            recipes: The systems.
            depth: Score at least so many candidates of each question.
            clock: Tells seconds.
        """
        start, groups = clock(), self._wanted(recipes, depth)
        total = sum(_total(model, wanted) for model, wanted in groups)
        lists = sum(len(wanted) for _, wanted in groups)
        of = len(self.asked.questions)
        pairs = done = 0
        for model, wanted in groups:
            for place, legs, chunk_ids in wanted:
                lacking = model.lacking(place, legs, chunk_ids)
                step = None
                for step in model.pairs.score([(legs, lacking)]) if lacking else ():
                    seconds = clock() - start
                    yield Scored(done * of // lists, of, pairs + step.pairs, total, seconds)
                pairs += step.pairs if step else 0
                model.lacking(place, legs, lacking)
                done += 1
        yield Scored(of, of, pairs, total, clock() - start)

    def run(self, recipe: Recipe) -> Run | None:
        """The ranked documents of each question; None while a score is missing. No model runs.

        Raises:
            SecondLookError: If its model cannot be had.
        """
        versions = _versions()
        if failure := self._failure(recipe, versions):
            raise failure
        every = self._lists[recipe.lists_key]
        if recipe.needs_pairs:
            return self._reread(recipe, every, versions)
        found = {}
        for question, legs in zip(self.asked.questions, every, strict=True):
            ranking = legs.fused(recipe.settings) if recipe.stage == "hybrid" else None
            ranking = ranking or (legs.bm25 if recipe.stage == "bm25" else legs.dense)
            found[question.id] = by_best_chunk(ranking, legs.documents)
        return found

    def scores(self, recipes: Iterable[Recipe]) -> list[dict[str, float]]:
        """Of every question, the scores that are known of the candidates of these systems.

        Args:
            recipes: Systems that share the model, its blend and the first lists.

        Returns:
            Scores by chunk, for each question in its order. No model runs.

        Raises:
            SecondLookError: If their model cannot be had.
            ValueError: If they do not share these.
        """
        wanted_by = list(recipes)
        first = wanted_by[0]
        if (
            len({(one.stage, one.model, one.settings.blend, one.lists_key) for one in wanted_by})
            > 1
        ):
            raise ValueError(f"{len(wanted_by)} systems share no model or no first lists")
        versions = _versions()
        if failure := self._failure(first, versions):
            raise failure
        model, near = self._models_of(first, versions)
        found = []
        for place, legs, chunk_ids in self._pools(wanted_by, 0):
            model.lacking(place, legs, chunk_ids)
            known = model.known[place]
            scores = {one: known[one] for one in chunk_ids if one in known}
            if near is not None:
                near.lacking(place, legs, chunk_ids)
                both = {one: score for one, score in scores.items() if one in near.known[place]}
                scores = blended(both, near.known[place], first.settings.blend)
            found.append(scores)
        return found

    def fingerprint(self, recipe: Recipe) -> str:
        """Weights, backend and precision of the model that reads the candidates, or encodes."""
        if recipe.needs_pairs and recipe.stage != "bm25":
            versions = _versions()
            self._load(recipe, versions)
            model = self._read.get(_model_key(recipe, versions))
            return model.pairs.key[0] if model else ""
        if recipe.stage == "bm25":
            return ""
        return self._models.encoder(self.snapshot.encoder).fingerprint

    def _failure(self, recipe: Recipe, versions: Versions) -> SecondLookError | None:
        failures = (self._failed.get(_model_key(one, versions)) for one in with_partners([recipe]))
        return next((one.error for one in failures if one is not None), None)

    def _fails(self, key: tuple[str, str], recipe: Recipe) -> bool:
        """Whether this model was tried, and nothing of it has changed since."""
        failure = self._failed.get(key)
        return failure is not None and failure.present == _presence(recipe)

    def _reread(self, recipe: Recipe, every: Sequence[Legs], versions: Versions) -> Run | None:
        model, near = self._models_of(recipe, versions)
        found: dict[str, ScoredDocuments] = {}
        orders = self._ordered(recipe)
        for place, (question, legs) in enumerate(zip(self.asked.questions, every, strict=True)):
            pool = orders[place][: recipe.settings.candidates]
            if model.lacking(place, legs, pool) or (near and near.lacking(place, legs, pool)):
                return None
            scores = {chunk_id: model.known[place][chunk_id] for chunk_id in pool}
            if near is not None:
                scores = blended(scores, near.known[place], recipe.settings.blend)
            found[question.id] = reordered(scores, legs.documents)
        return found

    def _models_of(self, recipe: Recipe, versions: Versions) -> tuple[_Model, _Model | None]:
        """What reads a system's candidates, and what has a share in the scores."""
        partner = recipe.partner
        near = self._read[_model_key(partner, versions)] if partner else None
        return self._read[_model_key(recipe, versions)], near

    def _ordered(self, recipe: Recipe) -> list[tuple[str, ...]]:
        """Of every question, the list that candidates are taken of; the last few are kept."""
        orders = self._orders.get(recipe.order_key)
        if orders is None:
            every = self._lists[recipe.lists_key]
            orders = [recipe.order(legs) for legs in every]
            self._orders[recipe.order_key] = orders
            while len(self._orders) > _ORDERS_KEPT:
                self._orders.popitem(last=False)
        return orders

    def _wanted(self, recipes: Iterable[Recipe], depth: int) -> list[tuple[_Model, _Wanted]]:
        """For each model, the chunks that it has to read of every question; the dearest first."""
        groups: dict[tuple[str, str], list[Recipe]] = {}
        versions = _versions()
        for recipe in with_partners(recipes):
            key = _model_key(recipe, versions)
            if recipe.needs_pairs and key in self._read:
                groups.setdefault(key, []).append(recipe)
        return [
            (self._read[key], self._pools(group, depth))
            for key, group in sorted(groups.items(), reverse=True)
        ]

    def _pools(self, recipes: Sequence[Recipe], depth: int) -> _Wanted:
        """The union of the pools of systems that share a model, by question and first lists."""
        # The maps have one pool for each row, and a page asks for their union at every run.
        key = tuple(
            (one.order_key, max(depth, one.settings.candidates), len(self._lists[one.lists_key]))
            for one in recipes
        )
        found = self._unions.get(key)
        if found is None:
            found = self._unions[key] = self._united(recipes, depth)
            while len(self._unions) > _POOLS_KEPT:
                self._unions.popitem(last=False)
        return found

    def _united(self, recipes: Sequence[Recipe], depth: int) -> _Wanted:
        found: _Wanted = []
        for lists_key in dict.fromkeys(recipe.lists_key for recipe in recipes):
            alike = [recipe for recipe in recipes if recipe.lists_key == lists_key]
            pools = [
                [order[: max(depth, one.settings.candidates)] for order in self._ordered(one)]
                for one in alike
            ]
            for place, legs in enumerate(self._lists[lists_key]):
                together = (chunk_id for pool in pools for chunk_id in pool[place])
                found.append((place, legs, tuple(dict.fromkeys(together))))
        return found

    def _load(self, recipe: Recipe, versions: Versions) -> None:
        """Have the model that reads the candidates; without it only its own systems fail."""
        key = _model_key(recipe, versions)
        if not recipe.needs_pairs or key in self._read:
            return
        # Looked at first: what arrives while it is being loaded counts as a change.
        present = _presence(recipe)
        try:
            if recipe.stage == "late":
                late = self._models.late(recipe.model)
                pairs = PairScores(late, self._cache, self.snapshot, Late)
            else:
                pairs = PairScores(self._models.reranker(recipe.model), self._cache, self.snapshot)
        except SecondLookError as error:
            self._failed[key] = _Failure(error, present)
            return
        self._read[key] = _Model(pairs, [{} for _ in self.asked.questions])
        self._failed.pop(key, None)


def _total(model: _Model, wanted: _Wanted) -> int:
    """Pairs without a score; equal texts are one to a model."""
    return sum(
        len({legs.hashes[chunk_id] for chunk_id in model.lacking(place, legs, chunk_ids)})
        for place, legs, chunk_ids in wanted
    )


def _versions() -> Versions:
    return Versions(settings().home)


def _model_key(recipe: Recipe, versions: Versions) -> tuple[str, str]:
    return (recipe.stage, versions.of(recipe.model))


def _presence(recipe: Recipe) -> Hashable:
    return presence(recipe.model, "late" if recipe.stage == "late" else "reranker")
