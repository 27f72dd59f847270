"""The reranker's word and the bi-encoder's, mixed in a share that a person sees and turns.

A cross-encoder trained on questions and answers orders what answers; far from what it was trained
on, long statements of need over abstracts for instance, the encoder's cosine may know better which
passages are about the same thing. Both halves of the sum depend on the passage and on the first
lists alone, never on N, so pools still nest and moving N or the share runs no model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from retrieval.stages.fusion import min_max
from retrieval.types import Ranking

UNIT = "blend"
"""What a score is called once the bi-encoder has a share in it."""


def blended(logits: Mapping[str, float], dense: Ranking, share: float) -> dict[str, float]:
    """Sum (1 - share) x probability and share x scaled cosine; the logits, where share is 0.

    The probability is the logit's sigmoid. The cosine is scaled to 0..1 over the bi-encoder's list,
    as in the weighted fusion; a candidate that this list does not have counts 0 there.

    Args:
        logits: The reranker's raw score by chunk id.
        dense: The bi-encoder's whole list for the same question.
        share: What the cosine counts, 0..1.
    """
    if not share:
        return dict(logits)
    near = min_max(dense)
    return {
        chunk_id: (1 - share) * _sigmoid(logit) + share * near.get(chunk_id, 0.0)
        for chunk_id, logit in logits.items()
    }


def rerank_unit(share: float) -> str:
    """Unit of the rerank stage's scores: ``logit``, or ``blend`` where the cosine has a share."""
    return UNIT if share else "logit"


def _sigmoid(logit: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * logit))  # exp would overflow far below 0
