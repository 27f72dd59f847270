"""Train a reranker: from data and a recipe to a folder with a model and how it was made."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from retrieval.errors import StorageError, TrainingError
from retrieval.models.cards import DEFAULT_RERANKER
from retrieval.models.folder import ModelFolder
from retrieval.models.protocols import Encoder, TokenEncoder
from retrieval.settings import DATA_FOLDER, settings
from retrieval.training.cross_encoder import PairLearner
from retrieval.training.data import TrainingData
from retrieval.training.history import thinned
from retrieval.training.loop import CHECKPOINT, Step, Training
from retrieval.training.mining import Teacher
from retrieval.training.recipe import Recipe
from retrieval.training.sources import build_sources

RECORD = "training.json"
_PACKAGES = ("torch", "transformers", "tokenizers", "numpy")


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How a model was made, kept beside it.

    Attributes:
        recipe: Every setting.
        data_fingerprint: SHA-256 over the data files.
        base: SHA-256 of the weights it started from.
        weights: SHA-256 of the weights it ended with.
        groups: How many groups each source held.
        notes: What of the data could not be used.
        versions: Of Python and of the packages that computed.
        finished: When, UTC.
        losses: (pairs read, mean loss a group), at most 200 points.
    """

    recipe: dict[str, Any]
    data_fingerprint: str
    base: str
    weights: str
    groups: dict[str, int]
    notes: tuple[str, ...]
    versions: dict[str, str]
    finished: str
    losses: tuple[tuple[int, float], ...]

    def as_dict(self) -> dict[str, Any]:
        """The record as plain values for JSON."""
        return asdict(self)


def train_reranker(
    data: TrainingData,
    recipe: Recipe,
    base: ModelFolder,
    encoder: Encoder,
    out: Path,
    *,
    tokens: TokenEncoder | None = None,
    on_prepare: Callable[[int, int], None] = lambda _done, _all: None,
    on_step: Callable[[Step], None] = lambda _step: None,
    stopped: Callable[[], bool] = lambda: False,
) -> TrainingRecord:
    """Train, or go on with a training that was stopped or killed.

    Args:
        data: Labelled groups.
        recipe: What is to be done with them.
        base: The weights to start from.
        encoder: The teacher, and the miner of hard negatives.
        out: The model's folder; holds the checkpoint until the model is written.
        tokens: The encoder token by token, for grades with a share of late interaction.
        on_prepare: Told (done, all) texts while their vectors are made.
        on_step: Told after each step.
        stopped: Asked after each step.

    Raises:
        TrainingError: If the folder holds a model in use or the checkpoint of another training,
            or the data is too little.
        CancelledError: If it was stopped; called again, it goes on.
        StorageError: If the folder cannot be written.
    """
    late = recipe.teacher_late
    _check_place(out, base)
    teacher = Teacher(encoder, out / "vectors", on_prepare, tokens=tokens, late=late)
    learner = PairLearner(base, recipe)
    sources = build_sources(data, recipe, teacher, learner.graded)
    training = Training(recipe, sources, base, out, data.fingerprint, learner=learner)
    training.resume()
    training.run(on_step, stopped)
    training.write_model(out)
    record = TrainingRecord(
        recipe=recipe.model_dump(mode="json"),
        data_fingerprint=data.fingerprint,
        base=base.weights_hash,
        weights=ModelFolder.open(out).weights_hash,
        groups={name: len(groups) for name, groups in sources.items()},
        notes=data.notes,
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        losses=tuple(thinned(training.losses)),
    )
    try:
        (out / RECORD).write_text(json.dumps(record.as_dict(), indent=1), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{out / RECORD} cannot be written: {error.strerror}.") from error
    (out / CHECKPOINT).unlink(missing_ok=True)
    return record


def _check_place(out: Path, base: ModelFolder) -> None:
    """Refuse to write over the base, over what is shipped, and over what was assembled from it."""
    place, shipped = out.resolve(), DATA_FOLDER / "models"
    assembled = (settings().home / "models").resolve()
    is_assembled = place.parent == assembled and place.name.startswith(DEFAULT_RERANKER)
    if place == base.path.resolve() or shipped in (place, *place.parents) or is_assembled:
        raise TrainingError(
            f"{out} holds a model that is in use, and a training would write over it.",
            hint="Give another folder.",
        )
