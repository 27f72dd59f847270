"""Losses over groups: what a right order costs, and what is owed to a teacher.

All take logits of one group, float32, shape ``(n,)``, and give a scalar.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from retrieval.training.recipe import Weights


def listwise(logits: Tensor, relevant: Tensor) -> Tensor:
    """Softmax cross-entropy over the group; several right pairs share the probability.

    ListNet's top-one probability (Cao et al. 2007, section 4) with the mass on the right pairs.
    """
    return torch.logsumexp(logits, 0) - torch.logsumexp(logits[relevant], 0)


def margin(logits: Tensor, relevant: Tensor, width: float = 2.0) -> Tensor:
    """Mean hinge over every right and wrong pair: how far they are from being ``width`` apart."""
    gaps = logits[relevant][:, None] - logits[~relevant][None, :]
    return functional.relu(width - gaps).mean()


def pointwise(logits: Tensor, relevant: Tensor) -> Tensor:
    """Binary cross-entropy: holds the zero of the logit between right and wrong."""
    return functional.binary_cross_entropy_with_logits(logits, relevant.to(logits.dtype))


def distilled(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Kullback–Leibler divergence from the teacher's softmax over the group to the student's.

    Args:
        logits: The student's.
        teacher: The teacher's cosines, shape ``(n,)``.
        temperature: What the cosines are divided by; a small one makes the teacher decided.
    """
    target = functional.log_softmax(teacher / temperature, 0)
    return functional.kl_div(
        functional.log_softmax(logits, 0), target, reduction="sum", log_target=True
    )


def matched(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Mean squared difference between the student's gaps and the teacher's.

    Both are taken from their mean over the group, so only how far passages are apart counts, and
    every one of them teaches, not the first alone. After Margin-MSE (Hofstätter et al. 2020,
    section 3.2), over all pairs of the group.

    Args:
        logits: The student's.
        teacher: The teacher's grades, shape ``(n,)``.
        temperature: What the grades are divided by to be logits.
    """
    target = teacher / temperature
    return ((logits - logits.mean()) - (target - target.mean())).square().mean()


def group_loss(
    logits: Tensor, relevant: Tensor, teacher: Tensor | None, weights: Weights
) -> Tensor:
    """The weighted sum that one group costs.

    Where there are labels, they say what is right, and the teacher only how the wrong ones are
    ordered among themselves: it must not argue with the labels about a twin.

    Args:
        logits: float32, shape ``(n,)``.
        relevant: bool, shape ``(n,)``.
        teacher: Grades of the first pairs, shape ``(m,)`` with m at most n, or None.
        weights: What each part counts.
    """
    total = logits.new_zeros(())
    if bool(relevant.any()) and not bool(relevant.all()):
        total = total + weights.listwise * listwise(logits, relevant)
        if weights.margin:
            total = total + weights.margin * margin(logits, relevant)
        total = total + weights.pointwise * pointwise(logits, relevant)
    if teacher is not None and weights.teacher:
        known = len(teacher)
        wrong = ~relevant[:known]
        if int(wrong.sum()) > 1:
            own, theirs = logits[:known][wrong], teacher[wrong]
            total = total + weights.teacher * distilled(own, theirs, weights.temperature)
            if weights.matched and not bool(relevant.any()):
                total = total + weights.matched * matched(own, theirs, weights.temperature)
    return total
