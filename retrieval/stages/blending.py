"""The reranker's word and late interaction's, mixed in a share that a person sees and turns.

A cross-encoder trained on questions and answers orders what answers; far from what it was trained
on, long statements of need over abstracts for instance, comparing token by token knows better which
passages are about the same thing. Of the scores that could be mixed in (cosine, fused score,
MaxSim), MaxSim held the best first stage on every set it was measured on; the reranker's card has
the figures. Both halves depend on question and passage alone, never on what else is in the pool,
so pools still nest, and moving N or the share runs no model.
"""

from __future__ import annotations

from collections.abc import Mapping

UNIT = "blend"
"""What a score is called once late interaction has a share in it."""

MAXSIM_A_LOGIT = 0.0175
"""So much MaxSim counts as one logit. Within a pool of a sample collection the built-in reranker's
logits spread by 1.6 to 2.3 and MaxSim by 0.09 to 0.13; at a third of that ratio the middle of the
scale is a good place."""

MIDDLE = 0.5
"""The MaxSim that counts as a logit of 0; it moves all scores of a list alike."""


def blended(
    logits: Mapping[str, float], nearness: Mapping[str, float], share: float
) -> dict[str, float]:
    """Sum (1 - share) x logit and share x MaxSim on the logit's scale.

    Args:
        logits: The reranker's raw score by chunk id.
        nearness: MaxSim of the same chunks.
        share: What MaxSim counts, 0..1.
    """
    return {
        chunk_id: blended_score(logit, nearness[chunk_id], share)
        for chunk_id, logit in logits.items()
    }


def blended_score(logit: float, nearness: float, share: float) -> float:
    """One score of :func:`blended`."""
    return (1 - share) * logit + share * (nearness - MIDDLE) / MAXSIM_A_LOGIT


def rerank_unit(share: float) -> str:
    """Unit of the rerank stage's scores: ``logit``, or ``blend`` where MaxSim has a share."""
    return UNIT if share else "logit"
