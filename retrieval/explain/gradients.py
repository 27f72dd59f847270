"""Integrated gradients: a second opinion on the cross-encoder, from inside the network.

One of the two texts is walked from a blank of the same length to what it says, and each word is
credited with what its vector changed on the way (Sundararajan, Taly and Yan 2017, "Axiomatic
attribution for deep networks", section 3). The credits add up to the logit minus the logit with the
blank; how far they are off is the error of the integration, which is computed and returned.

The other text stays as it is: with both blank the network sees two equal texts, which it takes for
a good match, and the walk would explain why the pair is a worse one.

torch is imported when this is asked for, because no search needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from retrieval.errors import ModelError
from retrieval.explain.reading import Piece, Reader
from retrieval.explain.segments import Word, words_of
from retrieval.models.folder import ModelFolder

if TYPE_CHECKING:
    import torch

OnProgress = Callable[[int, int], None]

FEWEST_STEPS = 16
MOST_TOKENS = 32_000
"""Tokens read on one walk before it ends as it is; a few seconds on two cores."""
ABSOLUTE_TOLERANCE = 0.05
RELATIVE_TOLERANCE = 0.02
"""The credits may miss the difference of the two logits by this share of it, or by 0.05 logits."""

_TOKENS_A_PASS = 2048
_TURN = threading.Lock()
"""The network is shared, and while it is walked its word vectors are replaced."""


@dataclass(frozen=True, slots=True)
class Credits:
    """What one text's words are credited with, in logits.

    Attributes:
        logit: The pair's logit in single precision.
        baseline: The logit with this text blank.
        values: The credit of each word.
        rest: The credit of punctuation, and of words past the last one asked for.
        steps: Points at which the gradient was taken.
    """

    logit: float
    baseline: float
    values: tuple[float, ...]
    rest: float
    steps: int

    @property
    def total(self) -> float:
        """The sum of all credits."""
        return float(sum(self.values) + self.rest)

    @property
    def error(self) -> float:
        """What the credits miss of the difference between the two logits."""
        return self.total - (self.logit - self.baseline)

    @property
    def tolerance(self) -> float:
        """The largest error that counts as complete."""
        return tolerance(self.logit - self.baseline)

    @property
    def is_complete(self) -> bool:
        """Whether the credits add up."""
        return abs(self.error) <= self.tolerance


@dataclass(frozen=True, slots=True)
class PairCredits:
    """What the words of a question and of a passage are credited with, on a walk for each text."""

    question: Credits
    passage: Credits


def tolerance(difference: float) -> float:
    """The largest error allowed for a difference of two logits."""
    return max(ABSOLUTE_TOLERANCE, RELATIVE_TOLERANCE * abs(difference))


def integrate_gradients(
    reader: Reader,
    question: tuple[str, Sequence[Word]],
    passage: tuple[str, Sequence[Word]],
    on_progress: OnProgress | None = None,
) -> PairCredits:
    """Credit the words of a pair, with as many steps as the sums need to add up.

    Args:
        reader: Reads as the cross-encoder does, and knows its folder.
        question: The question, and the words to credit.
        passage: The passage, and the words to credit.
        on_progress: Told of the steps taken and the most there can be.

    Raises:
        ModelError: If the model cannot be loaded, or gives no gradient.
    """
    asked, read = reader.pair(question[0], passage[0])
    walks = [
        (_Walk(reader, (question[0], passage[0]), blank=0), asked, question[1]),
        (_Walk(reader, (question[0], passage[0]), blank=1), read, passage[1]),
    ]
    credited = []
    for place, (walk, pieces, words) in enumerate(walks):

        def told(done: int, most: int, place: int = place) -> None:
            if on_progress is not None:
                on_progress(place * most + done, 2 * most)

        tokens, steps = _complete(walk, told)
        values = _by_word(tokens, pieces, words)
        rest = float(tokens.sum()) - sum(values)
        credited.append(Credits(walk.logit, walk.baseline, values, rest, steps))
    return PairCredits(*credited)


def _complete(walk: _Walk, told: OnProgress) -> tuple[npt.NDArray[np.float64], int]:
    """Twice as many steps until the credits add up, or too many tokens would be read."""
    plan = [FEWEST_STEPS]
    while (sum(plan) + 2 * plan[-1]) * walk.length <= MOST_TOKENS:
        plan.append(2 * plan[-1])
    done = 0
    for steps in plan:
        tokens = walk.credits(steps)
        done += steps
        missed = abs(float(tokens.sum()) - (walk.logit - walk.baseline))
        if missed <= tolerance(walk.logit - walk.baseline):
            break
        told(done, sum(plan))
    told(sum(plan), sum(plan))
    return tokens, steps


class _Walk:
    """One pair, whose first or second text is on its way from a blank."""

    def __init__(self, reader: Reader, pair: tuple[str, str], *, blank: Literal[0, 1]) -> None:
        import torch  # noqa: PLC0415

        self._network = _network(reader.folder.path.as_posix(), reader.folder.weights_hash)
        self._embedding = _word_vectors(self._network)
        encoding = reader.encode_pair(*pair)
        self.length = len(encoding.ids)
        values = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        self._inputs = [torch.tensor([values[name]]) for name in self._network.names]
        ids = torch.tensor(encoding.ids)
        moving = torch.tensor([place == blank for place in encoding.sequence_ids])
        blanks = torch.full_like(ids, reader.blank_id)
        with torch.no_grad():
            self._real = self._embedding(ids)
            self._blank = self._embedding(torch.where(moving, blanks, ids))
            both = torch.stack([self._real, self._blank])
            self.logit, self.baseline = (float(value) for value in self._logits(both))

    def credits(self, steps: int) -> npt.NDArray[np.float64]:
        """The credit of each token, shape (length,), by Gauss and Legendre's rule."""
        import torch  # noqa: PLC0415

        nodes, weights = np.polynomial.legendre.leggauss(steps)
        difference = self._real - self._blank
        mean = torch.zeros_like(difference, dtype=torch.float64)
        size = max(1, _TOKENS_A_PASS // len(difference))
        for start in range(0, steps, size):
            share = torch.tensor((nodes[start : start + size] + 1) / 2, dtype=torch.float32)
            points = self._blank + share[:, None, None] * difference
            points.requires_grad_()
            (gradients,) = torch.autograd.grad(self._logits(points).sum(), points)
            weight = torch.tensor(weights[start : start + size] / 2)
            mean += (weight[:, None, None] * gradients.double()).sum(dim=0)
        credited: npt.NDArray[np.float64] = (difference.double() * mean).sum(dim=-1).numpy()
        return credited

    def _logits(self, vectors: torch.Tensor) -> torch.Tensor:
        """The logits of rows of word vectors, shape (rows, length, dimension)."""
        with _TURN:
            hook = self._embedding.register_forward_hook(lambda *_: vectors)
            try:
                rows = [one.expand(len(vectors), -1) for one in self._inputs]
                logits: torch.Tensor = self._network(*rows)
                return logits
            finally:
                hook.remove()


@lru_cache(maxsize=1)
def _network(path: str, weights_hash: str) -> Any:
    """The network in single precision; the one that was used last is kept."""
    from retrieval.models.backends.networks import load_network  # noqa: PLC0415

    network = load_network(ModelFolder.open(Path(path), weights_hash), "logit")
    return network.requires_grad_(requires_grad=False)


def _word_vectors(network: Any) -> Any:
    """The table that gives each token its vector."""
    for module in network.modules():
        if hasattr(module, "get_input_embeddings"):
            return module.get_input_embeddings()
    raise ModelError(
        "This reranker gives no gradient of its words.",
        hint="Leaving out one word at a time works with every reranker.",
    )


def _by_word(
    tokens: npt.NDArray[np.float64], pieces: Sequence[Piece], words: Sequence[Word]
) -> tuple[float, ...]:
    """The credits of each word's tokens, added up; a token that spans two words is shared."""
    found = np.zeros(len(words))
    for piece in pieces:
        owners = words_of(words, piece.start, piece.end)
        for owner in owners:
            found[owner] += tokens[piece.row] / len(owners)
    return tuple(float(value) for value in found)
