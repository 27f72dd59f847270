"""What a file of triples teaches, and how a model is compared without a collection.

The held-out questions and their passages are a small collection of their own: a reranker reads a
question's own passages and those of others that the encoder finds near, an encoder ranks them all.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from retrieval.models.protocols import Encoder
from retrieval.training.examples import Example, Examples, Passage
from retrieval.training.trial import Trial

_POOL = 30
_WRONG_OF_EACH = 8


class GivenTriples:
    """Examples of a file; satisfies the ``Material`` protocol.

    Args:
        examples: What the file holds.
        encoder: Finds what is near a held-out question.
    """

    def __init__(self, examples: Examples, encoder: Encoder) -> None:
        self.examples, self._encoder = examples, encoder
        self._others = [one for example in examples.examples for one in example.passages]

    def wrong(
        self, example: Example, barred: frozenset[str], count: int, rng: random.Random
    ) -> list[str]:
        """Passages of other questions, where the file gives a question too few wrong ones."""
        lacking = count - sum(one.grade == 0 for one in example.passages)
        own = {one.document for one in example.passages} | barred
        drawn = rng.sample(self._others, min(2 * count, len(self._others)))
        return [one.text for one in drawn if one.document not in own][: max(0, lacking)]

    def trial(self, held_out: Sequence[Example]) -> Trial:
        """The held-out questions over all their passages."""
        kept = {one.question.id: _own(one) for one in held_out}
        texts = {p.document: p.text for own in kept.values() for p in own}
        ids = sorted(texts)
        vectors = self._encoder.encode_documents([texts[one] for one in ids])
        pools = {}
        for one in held_out:
            cosines = vectors @ self._encoder.encode_query(one.question.text)
            near = (ids[row] for row in np.argsort(-cosines, kind="stable")[:_POOL])
            own = [passage.document for passage in kept[one.question.id]]
            pools[one.question.id] = tuple(dict.fromkeys((*own, *near)))
        note = (
            f"A file of triples is no collection: each question is compared over the {len(ids):,} "
            "passages of the held-out questions."
        )
        return Trial(
            tuple(one.question for one in held_out),
            {
                name: {passage.document: passage.grade for passage in own}
                for name, own in kept.items()
            },
            texts,
            {one: one for one in ids},
            pools,
            notes=(note,),
        )


def _own(example: Example) -> list[Passage]:
    """All right passages of a question, and some of its wrong ones."""
    right = [one for one in example.passages if one.grade > 0]
    return right + [one for one in example.passages if one.grade == 0][:_WRONG_OF_EACH]
