"""Fine-tuning whole: it learns, compares on held-out questions, registers, and replaces nothing."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
from sentence_transformers import CrossEncoder, SentenceTransformer

from retrieval.errors import CancelledError, ModelError, StorageError
from retrieval.models.cards import cards, find_card
from retrieval.models.learned import LearnedModels
from retrieval.models.loading import Models
from retrieval.training import learning
from retrieval.training.fine_tuning import Kind
from retrieval.training.given import GivenTriples
from retrieval.training.history import History
from retrieval.training.learning import FOLDER, Lesson, Watch, learn
from retrieval.training.loop import CHECKPOINT
from retrieval.training.triples import read_triples
from tests.lessons import quick_tuning, write_triples
from tests.tiny import save_cross_encoder, save_encoder


@pytest.fixture
def material(home: Path, tmp_path: Path) -> GivenTriples:
    encoder = Models().encoder(str(save_encoder(tmp_path / "near")))
    return GivenTriples(read_triples(write_triples(tmp_path / "triples.jsonl")), encoder)


def base_of(kind: Kind, tmp_path: Path) -> str:
    save = save_cross_encoder if kind == "reranker" else save_encoder
    return str(save(tmp_path / "base"))


def lesson(kind: Kind, tmp_path: Path, name: str = "mine", **changes: object) -> Lesson:
    return Lesson(kind, name, base_of(kind, tmp_path), quick_tuning(**changes))


@pytest.mark.parametrize("kind", ["reranker", "encoder"])
def test_it_learns_what_holds_for_questions_that_it_never_read(
    kind: Kind, material: GivenTriples, home: Path, tmp_path: Path
) -> None:
    before = [card.id for card in cards(kind)]
    asked = lesson(kind, tmp_path, passes=40)
    if kind == "reranker":
        # One small layer learns to match words by luck; two wider ones do from any start.
        wider = {"num_hidden_layers": 2, "hidden_size": 32, "intermediate_size": 64}
        base = save_cross_encoder(tmp_path / "wider", initializer_range=0.2, **wider)
        asked = replace(asked, base=str(base))
    history = learn(asked, material, Models(), home)

    assert history.held_out is not None
    found = history.held_out.comparison
    assert found.difference.mean > 0.1
    assert found.is_shown
    assert min(loss for _, loss in history.checks) < 0.7 * history.checks[0][1]
    assert [card.id for card in cards(kind)] == [before[0], "mine", *before[1:]]
    assert History.from_dict(LearnedModels(home).history("mine")) == history
    assert not [path for path in (home / FOLDER).iterdir() if path.is_dir()]


def test_what_was_learned_is_loaded_by_name_and_by_sentence_transformers(
    material: GivenTriples, home: Path, tmp_path: Path
) -> None:
    asked, text = "what is the dog", "the dog is in the sun"
    learn(lesson("reranker", tmp_path, "pairs"), material, Models(), home)
    learn(lesson("encoder", tmp_path / "e", "vectors"), material, Models(), home)

    ours = next(Models().reranker("pairs").score(asked, [text])).values[0]
    theirs = CrossEncoder(str(find_card("pairs", "reranker").path)).predict([(asked, text)])[0]
    assert float(ours) == pytest.approx(float(theirs), abs=0.05)

    ours = Models().encoder("vectors").encode_query(asked)
    folder = str(find_card("vectors", "encoder").path)
    theirs = SentenceTransformer(folder, local_files_only=True).encode(asked)
    assert float(ours @ theirs) == pytest.approx(1, abs=0.01)


def test_stopped_it_keeps_its_checkpoint_and_goes_on_to_the_same_end(
    material: GivenTriples, home: Path, tmp_path: Path
) -> None:
    whole = learn(lesson("reranker", tmp_path, "whole"), material, Models(), home)
    seen: list[int] = []

    def note(what: str, done: int, _of: int) -> None:
        if what == "learn":
            seen.append(done)

    stopping = Watch(tell=note, stopped=lambda: len(seen) >= 10)
    parts = lesson("reranker", tmp_path, "parts")
    with pytest.raises(CancelledError):
        learn(parts, material, Models(), home, stopping)
    assert len(list((home / FOLDER).glob(f"*/{CHECKPOINT}"))) == 1
    assert [one.name for one in LearnedModels(home).list()] == ["whole"]

    first = seen[-1]
    seen.clear()
    resumed = learn(parts, material, Models(), home, Watch(tell=note))
    assert seen[0] > first
    assert resumed.losses == whole.losses
    assert resumed.checks == whole.checks
    models = LearnedModels(home)
    assert models.get("parts").weights == models.get("whole").weights


def test_the_base_and_its_card_stay_as_they_were(
    material: GivenTriples, home: Path, tmp_path: Path
) -> None:
    asked = lesson("reranker", tmp_path)
    weights = (Path(asked.base) / "model.safetensors").read_bytes()
    learn(asked, material, Models(), home)
    assert (Path(asked.base) / "model.safetensors").read_bytes() == weights
    with pytest.raises(ModelError, match="already a model"):
        learn(asked, material, Models(), home)
    with pytest.raises(ModelError, match="already a model"):
        learn(lesson("reranker", tmp_path, "Second-Look-Reranker"), material, Models(), home)


def test_where_nothing_is_gained_no_model_is_kept_and_it_says_so(
    material: GivenTriples, home: Path, tmp_path: Path
) -> None:
    # Word vectors are frozen and the rate is next to nothing: what is written is the base.
    asked = lesson("reranker", tmp_path, learning_rate=1e-30, passes=2)
    history = learn(asked, material, Models(), home)
    assert history.best == 0
    assert history.held_out is None
    assert "Nothing was gained" in history.verdict
    assert LearnedModels(home).list() == ()


def test_a_full_disk_is_one_line_and_the_next_call_goes_on(
    material: GivenTriples, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = lesson("reranker", tmp_path)

    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(learning.PairLearner, "write", full)
        with pytest.raises(StorageError, match="No space left"):
            learn(asked, material, Models(), home)
    assert LearnedModels(home).list() == ()
    seen: list[str] = []
    learn(asked, material, Models(), home, Watch(tell=lambda what, _d, _o: seen.append(what)))
    assert "learn" not in seen
    assert LearnedModels(home).get("mine").kind == "reranker"


def test_a_loss_curve_is_told_while_it_learns(
    material: GivenTriples, home: Path, tmp_path: Path
) -> None:
    curves: list[tuple[int, int]] = []
    learn(
        lesson("reranker", tmp_path),
        material,
        Models(),
        home,
        Watch(curve=lambda losses, checks: curves.append((len(losses), len(checks)))),
    )
    assert curves[-1][0] > curves[0][0]
    assert curves[-1][1] > 1
