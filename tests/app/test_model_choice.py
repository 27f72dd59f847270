"""Any model on the search page and at upload: typed, in an address, and unable to serve."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.models.cards import DEFAULT_RERANKER
from tests.app.conftest import Open, Tags, html_of, list_of, notices
from tests.tiny import save_cross_encoder, save_encoder

NARROW = {"candidates": "5", "stages": ["hybrid", "rerank"]}


def test_a_folder_in_the_address_reranks(open_app: Open, tmp_path: Path) -> None:
    folder = save_cross_encoder(tmp_path / "scorer")

    app = open_app(**NARROW, reranker=str(folder))

    assert not app.exception
    assert notices(app) == []
    assert app.selectbox(key="reranker").value == str(folder)
    plain = open_app(**NARROW)
    assert list_of(app, "rerank") != list_of(plain, "rerank")


@pytest.mark.parametrize(
    ("picked", "says"),
    [
        ("cross-encoder/ms-marco-electra-base", "is not on this machine"),
        ("somebody/unknown", "is not on this machine"),
        ("../../no/where", "no reranker model called"),
        ("<script>alert(1)</script>", "no reranker model called"),
    ],
)
def test_a_reranker_that_is_not_here_is_told_of_and_the_built_in_one_serves(
    open_app: Open, picked: str, says: str
) -> None:
    app = open_app(**NARROW, reranker=picked)

    assert not app.exception
    (notice,) = notices(app)
    assert says in notice
    assert f"{DEFAULT_RERANKER} is used instead" in notice
    assert "sl-hit" in list_of(app, "rerank")
    assert Tags(html_of(app)).harmless


def test_models_that_do_not_fit_are_told_of_with_their_reason(
    open_app: Open, tmp_path: Path
) -> None:
    several = save_cross_encoder(tmp_path / "several", labels=3)
    encoder = save_encoder(tmp_path / "encoder")
    cut = save_cross_encoder(tmp_path / "cut")
    weights = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(weights[: len(weights) // 2])

    for folder, says in (
        (several, "3 labels"),
        (encoder, "makes one vector of each text"),
        (cut, "is damaged"),
        (tmp_path, "config.json is missing"),
    ):
        app = open_app(**NARROW, reranker=str(folder))
        (notice,) = notices(app)
        assert says in notice
        assert "sl-hit" in list_of(app, "rerank")


def test_another_late_model_ranks_the_candidates(open_app: Open, tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "late")

    app = open_app(candidates="5", stages=["hybrid", "late"], late=str(folder))

    assert not app.exception
    assert notices(app) == []
    assert "sl-hit" in list_of(app, "late")


def test_an_encoder_that_is_not_here_is_told_of_before_anything_is_indexed(
    open_app: Open,
) -> None:
    app = open_app(candidates="5", stages=["bm25"])
    app = app.switch_page("pages/explore/library.py").run()

    app.selectbox(key="encoder").set_value("BAAI/bge-m3").run()

    assert not app.exception
    assert any("BAAI/bge-m3 is not on this machine" in notice for notice in notices(app))


def test_another_encoder_than_the_collections_is_explained_by_its_dimension(
    open_app: Open, tmp_path: Path
) -> None:
    folder = save_encoder(tmp_path / "encoder")

    app = open_app(candidates="5", stages=["bm25"], encoder=str(folder))

    (caption,) = (one.value for one in app.caption if "indexed with" in one.value)
    assert "makes vectors of 16 numbers, and these have 384" in caption
