"""A long list put in order by a reader of short ones: a window slides from its end to its start.

Each window is put in order, and its better part moves up with the next one, so that the best can
come from the last place to the first. Source: Sun et al. 2023, "Is ChatGPT good at search?" (the
method called RankGPT), section 3.2. There is no score but the order, so the unit is ``beaten``: how
many of the candidates a passage was placed before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from retrieval.cache import Cache
from retrieval.models.protocols import Batch, ListReranker, Order
from retrieval.types import Cost, text_hash

UNIT = "beaten"


class SlidingWindow:
    """Orders texts window by window; what one window gave is kept, and asked for once.

    Args:
        reranker: Puts a window in order.
        cache: Where the orders of windows are kept.
    """

    def __init__(self, reranker: ListReranker, cache: Cache) -> None:
        self._reranker = reranker
        self._cache = cache

    def score(self, query: str, texts: Sequence[str]) -> Iterator[Batch]:
        """Yield the passages whose place no later window can change, the last ones first.

        Args:
            query: The question.
            texts: Different texts, in the order of the first stage.
        """
        order = list(range(len(texts)))
        end = len(order)
        while end:
            start = max(0, end - self._reranker.window)
            inside = order[start:end]
            placed, cost, note = self._window(query, [texts[index] for index in inside])
            order[start:end] = [inside[place] for place in placed]
            settled = end - self._reranker.step if start else 0
            places = range(settled, end)
            beaten = np.array([len(order) - 1 - place for place in places], dtype=np.float32)
            # A window's passages count once, with those that it settles.
            known = Cost(pairs_cached=len(places)) if not cost.calls else Cost()
            yield Batch([order[place] for place in places], beaten, cost + known, note)
            end = settled

    def _window(self, query: str, texts: Sequence[str]) -> Order:
        if len(texts) == 1:
            return Order((0,))
        hashes = [text_hash(text) for text in texts]
        key = f"{self._reranker.fingerprint}:{_list_hash(hashes)}"
        known = self._cache.pair_scores(key, query, hashes)
        if len(known) == len(hashes):
            return Order(sorted(range(len(hashes)), key=lambda index: -known[hashes[index]]))
        found = self._reranker.order(query, texts)
        behind = enumerate(reversed(found.places))
        self._cache.store_pair_scores(key, query, {hashes[at]: float(n) for n, at in behind})
        return found


def _list_hash(hashes: Sequence[str]) -> str:
    """Names a list of texts in its order, which a chat model's answer may hang on."""
    return hashlib.sha256("".join(hashes).encode()).hexdigest()[:32]
