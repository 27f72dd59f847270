from __future__ import annotations

from collections.abc import Sequence

import pytest

from retrieval.cache import Cache
from retrieval.models.protocols import Order
from retrieval.stages.rerank import Rerank
from retrieval.stages.sliding import SlidingWindow
from retrieval.types import Cost

QUERY = "q"


class Alphabet:
    """Puts windows in the order of the alphabet, and remembers them."""

    id = "remote:alphabet"
    fingerprint = "remote:alphabet"

    def __init__(self, window: int = 4, step: int = 2) -> None:
        self.window, self.step = window, step
        self.read: list[list[str]] = []

    def order(self, query: str, texts: Sequence[str]) -> Order:
        self.read.append(list(texts))
        return Order(
            sorted(range(len(texts)), key=lambda place: texts[place]), Cost(calls=1), "a note"
        )


def ranked(reranker: Alphabet, cache: Cache, texts: Sequence[str]) -> list[str]:
    found = {
        texts[index]: float(value)
        for batch in SlidingWindow(reranker, cache).score(QUERY, texts)
        for index, value in zip(batch.indices, batch.values, strict=True)
    }
    assert sorted(found.values()) == list(range(len(texts)))
    return sorted(found, key=lambda text: -found[text])


def test_the_best_comes_from_the_last_place_to_the_first() -> None:
    reranker = Alphabet()
    assert ranked(reranker, Cache(), list("hgfedcba"))[:2] == ["a", "b"]
    assert reranker.read == [list("dcba"), list("feab"), list("hgab")]


@pytest.mark.parametrize("count", range(1, 14))
@pytest.mark.parametrize(("window", "step"), [(4, 2), (4, 3), (3, 1), (20, 10)])
def test_every_passage_gets_one_place_and_all_are_read(count: int, window: int, step: int) -> None:
    texts = [chr(ord("z") - place) for place in range(count)]
    reranker = Alphabet(window, step)
    assert ranked(reranker, Cache(), texts)[0] == texts[-1]
    read = {text for some in reranker.read for text in some}
    assert read == (set(texts) if count > 1 else set())
    assert all(len(some) <= window for some in reranker.read)


def test_the_last_places_stand_first_and_grow_upwards() -> None:
    batches = list(SlidingWindow(Alphabet(), Cache()).score(QUERY, list("hgfedcba")))
    assert [[float(value) for value in batch.values] for batch in batches] == [
        [1.0, 0.0],
        [3.0, 2.0],
        [7.0, 6.0, 5.0, 4.0],
    ]


def test_a_window_is_asked_for_once() -> None:
    cache, first, again = Cache(), Alphabet(), Alphabet()
    texts = list("hgfedcba")
    expected = ranked(first, cache, texts)
    assert ranked(again, cache, texts) == expected
    assert again.read == []
    costs = [batch.cost for batch in SlidingWindow(again, cache).score(QUERY, texts)]
    assert sum(cost.calls for cost in costs) == 0
    assert sum(cost.pairs_cached for cost in costs) == len(texts)


def test_another_order_of_the_same_passages_is_another_question() -> None:
    cache, reranker = Cache(), Alphabet()
    ranked(reranker, cache, list("dcba"))
    ranked(reranker, cache, list("abcd"))
    assert len(reranker.read) == 2


def test_what_was_answered_before_a_failure_is_kept() -> None:
    class Failing(Alphabet):
        def order(self, query: str, texts: Sequence[str]) -> Order:
            if len(self.read) == 2:
                raise RuntimeError
            return super().order(query, texts)

    cache, failing, texts = Cache(), Failing(), list("hgfedcba")
    with pytest.raises(RuntimeError):
        ranked(failing, cache, texts)
    reranker = Alphabet()
    ranked(reranker, cache, texts)
    assert len(reranker.read) == 1


def test_texts_outside_of_a_collection_are_put_in_order_together() -> None:
    assert Rerank(Alphabet(), Cache()).scores(QUERY, ["b", "a", "b"]) == [0.0, 1.0, 0.0]
