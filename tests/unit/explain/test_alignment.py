from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from retrieval.explain.alignment import Alignment, align, negator_places
from retrieval.explain.reading import Piece, Reader
from retrieval.models.folder import ModelFolder
from retrieval.stages.late import maxsim
from tests.tiny import MAX_TOKENS, save_encoder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_encoder(tmp_path_factory.mktemp("encoder")))


def unit_rows(rows: int, seed: int) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=(rows, 16)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_the_row_maxima_have_the_score_of_the_late_stage_as_their_mean(folder: str) -> None:
    query, text = "who bites the dog", "the man bites"
    vectors = unit_rows(4, 1), unit_rows(3, 2)

    found = align(folder, (query, vectors[0]), (text, vectors[1]), maxsim(*vectors))

    assert found.total == pytest.approx(found.score, abs=1e-6)
    assert [piece.label for piece in found.query] == query.split()
    for row, (winner, best) in enumerate(zip(found.winners, found.maxima, strict=True)):
        assert best == found.cosines[row].max() == found.cosines[row, winner]


def test_a_passage_token_knows_who_found_it() -> None:
    pieces = (Piece("a", 0, 1, 1), Piece("b", 2, 3, 2))
    found = Alignment(pieces, pieces, np.array([[0.1, 0.9], [0.2, 0.3]], np.float32), 0.6)

    assert found.found_by(1) == (0, 1)
    assert found.found_by(0) == ()


def test_a_model_with_tokens_of_its_own_gets_numbered_ones(folder: str) -> None:
    found = align(folder, ("dog", unit_rows(5, 1)), ("the man", unit_rows(2, 2)), 0.0)

    assert [piece.label for piece in found.query] == [f"token {n}" for n in range(1, 6)]
    assert [piece.label for piece in found.passage] == ["the", "man"]


def test_texts_without_tokens_have_an_empty_matrix(folder: str) -> None:
    none = np.empty((0, 16), np.float32)

    found = align(folder, ("dog", unit_rows(1, 1)), ("", none), 0.0)

    assert found.winners == found.maxima == ()
    assert found.total == 0


def test_tokens_of_a_negator_are_found(folder: str) -> None:
    text = "it does not, and it isn't safe"
    pieces = Reader(ModelFolder.open(Path(folder))).single(text, "document")

    found = [text[pieces[at].start : pieces[at].end] for at in negator_places(text, pieces)]

    assert found == ["not", "isn", "'", "t"]


def test_tokens_name_their_characters_and_stop_where_the_model_stops(folder: str) -> None:
    text = "The dog " * 40
    pieces = Reader(ModelFolder.open(Path(folder))).single(text, "document")

    assert len(pieces) == MAX_TOKENS - 2
    assert pieces[0].label == "The"
    assert all(text[piece.start : piece.end] == piece.label for piece in pieces)
