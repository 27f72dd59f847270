"""Which groups a step reads: by share, each source in a shuffled order, the same every time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from retrieval.errors import TrainingError
from retrieval.training.groups import Group, sampled

OTHERS = "*"
"""Stands in the shares for every source that is not named."""


class Sampler:
    """Draws the groups of each step of a phase.

    Every draw follows from the seed and the counts of what was drawn before, which a checkpoint
    keeps, so that a resumed training reads what an undisturbed one would have read.

    Args:
        sources: Groups by source.
        shares: For each source, or ``*`` for the others together, its share.
        seed: Fixes every draw.
        group_pairs: Most pairs of a group.
        others: From how many groups before it a group gets a passage.
        sizes: Most pairs of a group of a source, where it is another number.

    Raises:
        TrainingError: If no source with a share holds a group.
    """

    def __init__(
        self,
        sources: Mapping[str, Sequence[Group]],
        shares: Mapping[str, float],
        *,
        seed: int,
        group_pairs: int,
        others: int = 2,
        sizes: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        rest = [name for name in sources if name not in shares and sources[name]]
        weights = {name: share for name, share in shares.items() if sources.get(name)}
        if shares.get(OTHERS) and rest:
            total = sum(len(sources[name]) for name in rest)
            weights |= {name: shares[OTHERS] * len(sources[name]) / total for name in rest}
        if not any(weights.values()):
            raise TrainingError(
                f"None of the sources of this phase holds a group: {', '.join(shares)}.",
                hint="Name sources that the data has, or * for all others.",
            )
        self._sources, self._weights = sources, weights
        self._seed, self._others = seed, others
        self._sizes = {name: sizes.get(name, group_pairs) for name in weights}
        self._orders: dict[tuple[str, int], list[int]] = {}

    def draw(self, step: int, pairs: int, drawn: dict[str, int]) -> list[Group]:
        """Groups with about ``pairs`` pairs; counts what it draws in ``drawn``."""
        rng = random.Random(f"{self._seed}:{step}")
        names, weights = list(self._weights), list(self._weights.values())
        groups: list[Group] = []
        while sum(map(len, groups)) < pairs:
            name = rng.choices(names, weights)[0]
            group = self._next(name, drawn)
            own = {passage for _, passage in group.pairs}
            near = groups[-self._others :] if self._others else []
            others = [rng.choice(other.pairs)[1] for other in near]
            # Two groups may be of one question, whose right passages no group may call wrong.
            others = [passage for passage in dict.fromkeys(others) if passage not in own]
            groups.append(sampled(group, rng, most=self._sizes[name], others=others))
        return groups

    def _next(self, name: str, drawn: dict[str, int]) -> Group:
        count = drawn.get(name, 0)
        drawn[name] = count + 1
        epoch, place = divmod(count, len(self._sources[name]))
        order = self._orders.get((name, epoch))
        if order is None:
            order = _order(len(self._sources[name]), f"{self._seed}:{name}:{epoch}")
            self._orders = {key: kept for key, kept in self._orders.items() if key[0] != name}
            self._orders[name, epoch] = order
        return self._sources[name][order[place]]


def _order(count: int, seed: str) -> list[int]:
    """Places in a shuffled order, two neighbours together.

    The two groups of a minimal pair are neighbours. Read in one step, whatever a question or a
    passage has of itself alone weighs nothing, and only how the two fit together is learned.
    """
    starts = list(range(0, count, 2))
    random.Random(seed).shuffle(starts)
    return [place for start in starts for place in (start, start + 1) if place < count]
