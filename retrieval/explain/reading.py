"""What a model reads of a text: its tokens, each with the characters it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from tokenizers import Encoding, Tokenizer

from retrieval.models.cards import find_card
from retrieval.models.folder import Kind, ModelFolder
from retrieval.models.remote.services import check_here


@dataclass(frozen=True, slots=True)
class Piece:
    """A token that is not special.

    Attributes:
        label: Its characters; one that goes on inside a word begins with an ellipsis.
        start: Its first character's place in the text.
        end: The place behind its last character.
        row: Its place among all tokens of the input, special ones included.
    """

    label: str
    start: int
    end: int
    row: int


class Reader:
    """Reads texts as a model does, cut where it stops.

    Args:
        folder: The checked folder of the model.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        self._tokenizer: Tokenizer = folder.tokenizer()
        self._tokenizer.enable_truncation(max_length=folder.max_tokens)

    @classmethod
    def of(cls, model_id: str, kind: Kind) -> Reader:
        """The reader of a model.

        Raises:
            ModelError: If there is no such model, or it runs elsewhere.
        """
        check_here(model_id)
        return cls(find_card(model_id, kind).open())

    def single(self, text: str, role: str) -> tuple[Piece, ...]:
        """The tokens of a ``query`` or a ``document`` that is read alone."""
        prompt = self.folder.prompt(role)
        encoding = self._tokenizer.encode(prompt + text)
        return _pieces(encoding, text, sequence=0, skipped=len(prompt))

    def pair(self, query: str, text: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        """The tokens of a question and of a passage that are read together."""
        encoding = self._tokenizer.encode(query, text)
        return (_pieces(encoding, query, sequence=0), _pieces(encoding, text, sequence=1))

    @property
    def blank_id(self) -> int:
        """The token that stands for a word nobody knows: the mask, or else padding."""
        found = (self._tokenizer.token_to_id(name) for name in ("[MASK]", "<mask>"))
        return next((token for token in found if token is not None), self.folder.pad_id)

    def encode_pair(self, query: str, text: str) -> Encoding:
        """The whole input of a cross-encoder."""
        return self._tokenizer.encode(query, text)


def read_end(pieces: tuple[Piece, ...]) -> int:
    """Where the reading stops, in characters."""
    return max((piece.end for piece in pieces), default=0)


def _pieces(encoding: Encoding, text: str, *, sequence: int, skipped: int = 0) -> tuple[Piece, ...]:
    found: list[Piece] = []
    behind = -1
    for row, (place, special) in enumerate(
        zip(encoding.sequence_ids, encoding.special_tokens_mask, strict=True)
    ):
        if special or place != sequence:
            continue
        start, end = (max(0, offset - skipped) for offset in encoding.offsets[row])
        shown = text[start:end].strip()
        inside = start == behind and start > 0 and shown[:1].isalnum() and text[start - 1].isalnum()
        found.append(Piece(f"…{shown}" if inside else shown, start, end, row))
        behind = end
    return tuple(found)
