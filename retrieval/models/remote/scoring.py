"""A service with the rerank endpoint that Cohere began: a relevance for each passage.

The scale is the service's own. Most give 0 to 1; whatever it is, it is comparable within one model,
and nothing in it means yes or no as the zero of a logit does. The unit is ``relevance``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from retrieval.errors import RemoteError
from retrieval.models.protocols import Batch
from retrieval.models.remote.client import Answer, Client
from retrieval.models.remote.services import Service
from retrieval.types import Cost

_LARGEST = 1e30
"""No scale of relevance is as long, and single precision still holds it."""


class ScoringService:
    """Scores pairs by asking a service; satisfies the ``Reranker`` protocol.

    Args:
        model_id: What it was picked by.
        service: Who is asked.
        client: Sends the requests.
    """

    unit = "relevance"

    def __init__(self, model_id: str, service: Service, client: Client) -> None:
        self.id = model_id
        self.fingerprint = service.fingerprint
        self.pairs_at_once = service.documents_a_call
        self._service = service
        self._client = client

    def score(self, query: str, texts: Sequence[str]) -> Iterator[Batch]:
        """Relevances of texts for one question, one batch for each call."""
        for start in range(0, len(texts), self.pairs_at_once):
            some = list(texts[start : start + self.pairs_at_once])
            yield self._asked(query, some, range(start, start + len(some)))

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> Iterator[Batch]:
        """Relevances of pairs; those of one question go together."""
        for query in dict.fromkeys(asked for asked, _ in pairs):
            places = [place for place, (asked, _) in enumerate(pairs) if asked == query]
            for batch in self.score(query, [pairs[place][1] for place in places]):
                yield batch._replace(indices=[places[index] for index in batch.indices])

    def _asked(self, query: str, texts: list[str], places: Sequence[int]) -> Batch:
        payload = {"model": self._service.model, "query": query, "documents": texts}
        answer = self._client.post(self._service, payload)
        try:
            scores = _scores(answer.body, len(texts))
        except ValueError as error:
            raise nonsense(self._service, str(error)) from None
        return Batch(places, np.array(scores, dtype=np.float32), cost_of(self._service, answer))


def cost_of(service: Service, answer: Answer) -> Cost:
    """What an answer took, with the tokens that the service says it counted."""
    tokens = _tokens(answer.body)
    return Cost(
        calls=answer.calls,
        bytes_sent=answer.bytes_sent,
        tokens=tokens,
        price=answer.calls * service.price_per_call
        + tokens * service.price_per_million_tokens / 1e6,
    )


def nonsense(service: Service, what: str) -> RemoteError:
    """The error for an answer that cannot be used; what it holds is not repeated."""
    return RemoteError(
        f"{service.id} at {service.host} answers nonsense: {what}.",
        hint="Look whether its address and kind are right, or choose another reranker.",
    )


def _scores(body: Any, count: int) -> list[float]:
    """A score for each text, in their order.

    Raises:
        ValueError: If one is missing, there twice, or no number.
    """
    scores: list[float | None] = [None] * count
    for place, score in map(_result, _results(body)):
        if not 0 <= place < count:
            raise ValueError(f"a result for passage {place}, where {count} were sent")
        if scores[place] is not None:
            raise ValueError(f"two results for passage {place}")
        scores[place] = score
    found = [score for score in scores if score is not None]
    if len(found) < count:
        raise ValueError(f"results for {len(found)} of {count} passages")
    return found


def _results(body: Any) -> list[Any]:
    """The list of results: under ``results``, or ``data`` as Voyage calls it."""
    if isinstance(body, Mapping):
        for name in ("results", "data"):
            if isinstance(found := body.get(name), list):
                return found
    raise ValueError("no list of results")


def _result(entry: Any) -> tuple[int, float]:
    found: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    place, score = found.get("index"), found.get("relevance_score")
    if type(place) is not int:
        raise ValueError("a result without an index")
    if isinstance(score, bool) or not isinstance(score, int | float):
        raise ValueError(f"a score of passage {place} that is no number")  # noqa: TRY004
    if not abs(score) < _LARGEST:  # true for the infinite, and for what JSON calls NaN
        raise ValueError(f"a score of passage {place} that is no number")
    return place, float(score)


def _tokens(body: Any) -> int:
    """Tokens as the service reports them; 0 where it says nothing."""
    for path in (("usage", "total_tokens"), ("meta", "tokens", "input_tokens")):
        found = body
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if type(found) is int and found >= 0:
            return found
    return 0
