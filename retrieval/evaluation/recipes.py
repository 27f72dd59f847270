"""What makes a run: a stage with its settings; and the run itself, by arithmetic from known scores.

Both first lists of a question are gathered once. Every fusion of them, every first N and every
reranked order is then a matter of sorting, so that a setting can be moved without any model.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from retrieval.errors import SettingsError
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.runs import Scored
from retrieval.models.cards import DEFAULT_LATE
from retrieval.models.learned import Versions
from retrieval.models.remote.services import is_remote
from retrieval.settings import STAGE_ORDER, SearchSettings, StageName

Source = Literal["fused", "bm25", "dense"]
"""Which list candidates are taken of: the hybrid one, or one of the first lists alone."""

_KEPT = ("candidates", "fusion", "rrf_k", "alpha", "filter", "reranker", "blend", "late", "exact")
"""The settings that can bear on a run; the others say what a page shows."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A stage and its settings.

    Attributes:
        stage: Whose ranking it is.
        settings: What was asked for.
        source: Which list its candidates are taken of.
    """

    stage: StageName
    settings: SearchSettings = field(default_factory=SearchSettings)
    source: Source = "fused"

    @property
    def needs_pairs(self) -> bool:
        """Whether a model reads its candidates."""
        return self.stage in {"late", "rerank"}

    @property
    def model(self) -> str:
        """Id of the model that reads the candidates; empty where none does."""
        if self.stage == "rerank":
            return self.settings.reranker
        return (self.settings.late or DEFAULT_LATE) if self.stage == "late" else ""

    @property
    def partner(self) -> Recipe | None:
        """The system that has a share in this one's scores, where a blend was asked for.

        None in scores that are no logits, as those of a service.
        """
        is_mixed = self.stage == "rerank" and self.settings.blend and not is_remote(self.model)
        return Recipe("late", self.settings, self.source) if is_mixed else None

    @property
    def lists_key(self) -> tuple[object, bool]:
        """Equal keys, equal first lists."""
        return (self.settings.filter, self.settings.exact)

    @property
    def order_key(self) -> Hashable:
        """Equal keys, equal lists to take candidates of."""
        if self.source != "fused":
            return (*self.lists_key, self.source)
        asked = self.settings
        turned = asked.alpha if asked.fusion == "weighted" else asked.rrf_k
        return (*self.lists_key, asked.fusion, turned)

    def key(self, versions: Versions) -> Hashable:
        """Equal keys, equal runs: what has no bearing on the stage is left out."""
        if self.stage == "bm25":
            return (self.stage, self.settings.filter)
        if self.stage == "dense":
            return (self.stage, *self.lists_key)
        if self.stage == "hybrid":
            return (self.stage, self.order_key)
        partner = self.partner
        blend = (self.settings.blend, versions.of(partner.model)) if partner else ()
        model = versions.of(self.model)
        return (self.stage, self.order_key, self.settings.candidates, model, *blend)

    def order(self, legs: Legs) -> tuple[str, ...]:
        """Chunk ids of the list that candidates are taken of, best first."""
        if self.source == "fused":
            return legs.order(self.settings)
        ranking = legs.bm25 if self.source == "bm25" else legs.dense
        return tuple(hit.chunk_id for hit in ranking.hits)

    def as_dict(self) -> dict[str, Any]:
        """The recipe as plain values."""
        values = asdict(self.settings)
        kept = {name: values[name] for name in _KEPT}
        return {"stage": self.stage, "source": self.source, **kept}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe that ``as_dict`` wrote.

        Raises:
            SettingsError: If a value is out of bounds, or the stage is unknown.
        """
        if values.get("stage") not in STAGE_ORDER:
            raise SettingsError(f"There is no stage {values.get('stage')!r}.")
        source = values.get("source", "fused")
        if source not in get_args(Source):
            raise SettingsError(f"There is no list {source!r} to take candidates of.")
        chosen = {name: values[name] for name in _KEPT if name in values}
        chosen["filter"] = tuple((field, value) for field, value in chosen.get("filter", ()))
        return cls(values["stage"], SearchSettings(**chosen), source)

    def described(self) -> str:
        """What bears on the run, in words."""
        asked = self.settings
        parts: list[str] = []
        if self.source != "fused":
            parts.append(f"{self.source} alone")
        elif self.stage in {"hybrid", "late", "rerank"}:
            turned = f"alpha {asked.alpha:g}" if asked.fusion == "weighted" else f"k {asked.rrf_k}"
            parts.append(f"{asked.fusion} {turned}")
        if self.needs_pairs:
            parts += [f"N {asked.candidates}", self.model]
        if self.partner:
            parts.append(f"blend {asked.blend:g}")
        parts += [f"{name}: {value}" for name, value in asked.filter]
        if asked.exact and self.stage != "bm25":
            parts.append("exact")
        return ", ".join(parts)


def stage_recipes(asked: SearchSettings) -> dict[str, Recipe]:
    """The stages that were asked for, as systems called after them.

    The second of two rerankers is the same stage with another model.
    """
    recipes: dict[str, Recipe] = {
        stage: Recipe(stage, asked) for stage in STAGE_ORDER if stage in asked.stages
    }
    if "rerank_2" in asked.shown:
        second = replace(asked, reranker=asked.reranker_2, reranker_2="")
        recipes["rerank_2"] = Recipe("rerank", second)
    return recipes


def with_partners(recipes: Iterable[Recipe]) -> list[Recipe]:
    """The systems, and those that have a share in them."""
    return [one for recipe in recipes for one in (recipe, recipe.partner) if one is not None]


def reordered(scores: Mapping[str, float], documents: Mapping[str, str]) -> Scored:
    """The documents of scored candidates: highest score first, ties by chunk id."""
    ordered: Iterable[str] = sorted(scores, key=lambda chunk_id: (-scores[chunk_id], chunk_id))
    best: dict[str, float] = {}
    for chunk_id in ordered:
        best.setdefault(documents[chunk_id], scores[chunk_id])
    return tuple(best.items())
