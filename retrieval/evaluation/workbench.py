"""A question set at one version of a collection, with all lists and scores that are known of it.

The first lists of each question are gathered once, pairs are scored once, and after that every run
is arithmetic: moving N, k or alpha over hundreds of questions runs no model.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.errors import CancelledError, SecondLookError
from retrieval.evaluation.legs import Legs, Scored
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.evaluation.readers import Key, Reader, Readers, reader_key
from retrieval.evaluation.recipes import Recipe, reordered, with_partners
from retrieval.evaluation.runs import Run, by_best_chunk
from retrieval.evaluation.runs import Scored as ScoredDocuments
from retrieval.models.learned import Versions
from retrieval.models.loading import Models
from retrieval.settings import settings
from retrieval.stages.blending import blended
from retrieval.store import Snapshot

_ORDERS_KEPT = 8
_POOLS_KEPT = 4

_Wanted = list[tuple[int, Legs, tuple[str, ...]]]
"""Places of questions, their lists, and the chunks whose scores are wanted."""

Tell = Callable[[int, int], None]
"""Is told how many questions are done, of how many."""


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
        self._lists: dict[object, list[Legs]] = {}
        self._orders: OrderedDict[object, list[tuple[str, ...]]] = OrderedDict()
        self._unions: OrderedDict[object, _Wanted] = OrderedDict()
        self._readers = Readers(models, cache, snapshot, len(asked.questions))
        self._gathering = Lock()

    @property
    def key(self) -> tuple[str, str]:
        """Equal keys, equal questions over equal texts."""
        return (self.snapshot.key, self.asked.key)

    def is_ready(self, recipes: Iterable[Recipe]) -> bool:
        """Whether the first lists of all these are gathered and their models loaded.

        A model that could not be had counts as loaded until something of it has changed on disk.
        """
        wanted = with_partners(recipes)
        are_gathered = all(
            len(self._lists.get(recipe.lists_key, ())) == len(self.asked.questions)
            for recipe in wanted
        )
        return are_gathered and self._readers.are_settled(wanted, _versions())

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
            for recipe in {reader_key(one, versions): one for one in wanted}.values():
                self._readers.load(recipe, versions)
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
        return self._readers.failure(recipe, _versions())

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
        if failure := self._readers.failure(recipe, versions):
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
        kinds = {(one.stage, one.model, one.settings.blend, one.lists_key) for one in wanted_by}
        if len(kinds) > 1:
            raise ValueError(f"{len(wanted_by)} systems share no model or no first lists")
        versions = _versions()
        if failure := self._readers.failure(first, versions):
            raise failure
        model, near = self._readers.of(first, versions)
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
            self._readers.load(recipe, versions)
            model = self._readers.find(reader_key(recipe, versions))
            return model.pairs.key[0] if model else ""
        if recipe.stage == "bm25":
            return ""
        return self._models.encoder(self.snapshot.encoder).fingerprint

    def _reread(self, recipe: Recipe, every: Sequence[Legs], versions: Versions) -> Run | None:
        model, near = self._readers.of(recipe, versions)
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

    def _wanted(self, recipes: Iterable[Recipe], depth: int) -> list[tuple[Reader, _Wanted]]:
        """For each model, the chunks that it has to read of every question; the dearest first."""
        groups: dict[Key, list[Recipe]] = {}
        versions = _versions()
        for recipe in with_partners(recipes):
            if recipe.needs_pairs:
                groups.setdefault(reader_key(recipe, versions), []).append(recipe)
        found = ((self._readers.find(key), groups[key]) for key in sorted(groups, reverse=True))
        return [(model, self._pools(group, depth)) for model, group in found if model is not None]

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


def _total(model: Reader, wanted: _Wanted) -> int:
    """Pairs without a score; equal texts are one to a model."""
    return sum(
        len({legs.hashes[chunk_id] for chunk_id in model.lacking(place, legs, chunk_ids)})
        for place, legs, chunk_ids in wanted
    )


def _versions() -> Versions:
    return Versions(settings().home)
