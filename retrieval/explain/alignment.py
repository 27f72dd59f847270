"""Late interaction taken apart: every question token against every passage token.

The score is the mean over the question's tokens of the best cosine in their row (Khattab and
Zaharia 2020, ColBERT, section 3.2), so a question token is worth its row's maximum divided by the
number of rows, and these shares add up to the score exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from retrieval.explain.reading import Piece, Reader
from retrieval.explain.segments import split_words, words_of
from retrieval.explain.words import is_negator
from retrieval.models.folder import Kind
from retrieval.models.protocols import Floats

_LATE: Kind = "late"


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """The cosines of a question's tokens with a passage's.

    Attributes:
        query: The question's tokens.
        passage: The passage's tokens.
        cosines: float32, shape (n_query, n_passage).
        score: The pair's score as the ``late`` stage gives it.
    """

    query: tuple[Piece, ...]
    passage: tuple[Piece, ...]
    cosines: Floats
    score: float

    @property
    def winners(self) -> tuple[int, ...]:
        """For each question token, the passage token that it meets best; the first of equals."""
        if not self.cosines.size:
            return ()
        return tuple(int(place) for place in self.cosines.argmax(axis=1))

    @property
    def maxima(self) -> tuple[float, ...]:
        """The winning cosine of each question token."""
        if not self.cosines.size:
            return ()
        return tuple(float(value) for value in self.cosines.max(axis=1))

    @property
    def total(self) -> float:
        """The mean of the row maxima, computed from the matrix; 0 where it has no cell."""
        maxima = self.maxima
        return float(np.mean(maxima)) if maxima else 0.0

    def found_by(self, place: int) -> tuple[int, ...]:
        """The question tokens whose best match is this passage token."""
        return tuple(row for row, winner in enumerate(self.winners) if winner == place)


def align(
    model_id: str, query: tuple[str, Floats], passage: tuple[str, Floats], score: float
) -> Alignment:
    """Put a question's token vectors beside a passage's.

    Args:
        model_id: Id of the late-interaction model.
        query: The question, and its token vectors: float32, shape (n_query, dimension), rows of
            unit length.
        passage: The passage, and its token vectors.
        score: Their score in the ``late`` stage.
    """
    reader = Reader.of(model_id, _LATE)
    rows = _labelled(reader.single(query[0], "query"), len(query[1]))
    columns = _labelled(reader.single(passage[0], "document"), len(passage[1]))
    return Alignment(rows, columns, query[1] @ passage[1].T, score)


def negator_places(text: str, pieces: tuple[Piece, ...]) -> tuple[int, ...]:
    """Places of the tokens that belong to a word which turns a statement around."""
    words = split_words(text)
    return tuple(
        place
        for place, piece in enumerate(pieces)
        if any(is_negator(words[at].text) for at in words_of(words, piece.start, piece.end))
    )


def _labelled(pieces: tuple[Piece, ...], rows: int) -> tuple[Piece, ...]:
    """The pieces, if there is one for each vector.

    A model that adds or drops tokens of its own gets numbered ones, because nothing says which
    vector is whose.
    """
    if len(pieces) == rows:
        return pieces
    return tuple(Piece(f"token {row + 1}", 0, 0, row) for row in range(rows))
