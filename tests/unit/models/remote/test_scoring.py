from __future__ import annotations

from typing import Any

import pytest

from retrieval.errors import RemoteError
from retrieval.models.remote.client import Client
from retrieval.models.remote.scoring import ScoringService
from retrieval.models.remote.services import find_service
from tests.services import Loopback, relevances, reply, rerank_answer

QUERY = "who bites the dog"
TEXTS = ["the man", "the dog bites", "who", "nobody"]
EXPECTED = relevances({"query": QUERY, "documents": TEXTS})


@pytest.fixture
def reranker(service: Loopback, client: Client) -> ScoringService:
    return ScoringService("remote:scorer", find_service("remote:scorer"), client)


def scores(batches) -> dict[int, float]:
    return {
        index: float(value)
        for batch in batches
        for index, value in zip(batch.indices, batch.values, strict=True)
    }


def results(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    return {"results": [{"index": place, "relevance_score": score} for place, score in pairs]}


def test_each_passage_gets_its_relevance(reranker: ScoringService, service: Loopback) -> None:
    (batch,) = reranker.score(QUERY, TEXTS)
    assert scores([batch]) == pytest.approx(dict(enumerate(EXPECTED)))
    assert (batch.cost.calls, batch.cost.tokens, batch.cost.forward_passes) == (1, 40, 0)
    assert batch.cost.price == pytest.approx(0.002)
    assert batch.cost.bytes_sent > sum(map(len, TEXTS))
    assert service.asked == [{"model": "scores", "query": QUERY, "documents": TEXTS}]
    assert reranker.unit == "relevance"


def test_many_passages_go_in_several_calls(reranker: ScoringService, service: Loopback) -> None:
    reranker.pairs_at_once = 3
    found = list(reranker.score(QUERY, TEXTS))
    assert [list(batch.indices) for batch in found] == [[0, 1, 2], [3]]
    assert scores(found) == pytest.approx(dict(enumerate(EXPECTED)))


def test_pairs_of_one_question_go_together(reranker: ScoringService, service: Loopback) -> None:
    pairs = [("dog", "dog"), ("man", "dog"), ("dog", "man")]
    assert scores(reranker.score_pairs(pairs)) == {0: 1.0, 1: 0.0, 2: 0.0}
    assert [body["documents"] for body in service.asked] == [["dog", "man"], ["dog"]]


def test_no_passage_is_no_call(reranker: ScoringService, service: Loopback) -> None:
    assert list(reranker.score(QUERY, [])) == []
    assert service.asked == []


def test_results_may_be_called_data(reranker: ScoringService, service: Loopback) -> None:
    service.acts.append(
        lambda handler, body: reply(200, rerank_answer(body, "data"))(handler, body)
    )
    assert scores(reranker.score(QUERY, TEXTS)) == pytest.approx(dict(enumerate(EXPECTED)))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({}, "no list of results"),
        ([], "no list of results"),
        ('"no"', "no list of results"),
        ({"results": {"0": 1}}, "no list of results"),
        (results((0, 0.5)), "results for 1 of 2"),
        (results((0, 0.5), (0, 0.4)), "two results for passage 0"),
        (results((0, 0.5), (2, 0.4)), "passage 2, where 2 were sent"),
        (results((0, 0.5), (-1, 0.4)), "passage -1"),
        (results((0, 0.5), (1, 0.4), (2, 0.1)), "passage 2"),
        (results((0, 0.5), (1, float("nan"))), "passage 1 that is no number"),
        (results((0, float("inf")), (1, 0.1)), "passage 0 that is no number"),
        (results((0, 1e300), (1, 0.1)), "passage 0 that is no number"),
        (results((0, 10**400), (1, 0.1)), "passage 0 that is no number"),
        (results((0, "0.5"), (1, 0.1)), "passage 0 that is no number"),
        (results((0, None), (1, 0.1)), "passage 0 that is no number"),
        (results((0, True), (1, 0.1)), "passage 0 that is no number"),
        (results(("0", 0.5), (1, 0.1)), "without an index"),
        (results((True, 0.5), (0, 0.1)), "without an index"),
        ({"results": [1, 2]}, "without an index"),
    ],
)
def test_nonsense_is_refused_in_one_line(
    reranker: ScoringService, service: Loopback, body: Any, line: str
) -> None:
    service.acts.append(reply(200, body))
    with pytest.raises(RemoteError, match=f"answers nonsense: .*{line}"):
        list(reranker.score(QUERY, TEXTS[:2]))
    assert len(service.asked) == 1
