"""The models that were learned here: kept under the home by name, each with how it was made.

A name is one folder of the registry and nothing else: it holds no slash, so no id leads out of it,
and none is taken that another model answers to. A model appears whole or not at all.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock

from retrieval.errors import ModelError, StorageError
from retrieval.models.weights import WEIGHTS

FOLDER = "learned"
RECORD, HISTORY = "record.json", "history.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}(?<!\.)")


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """One of them.

    Attributes:
        name: Its id.
        kind: What it is.
        base: Id of the model that it was made from.
        use: What it was learned from and what that brought, in one line.
        licence: Of the base; what it was learned from adds its own.
        weights: SHA-256 of its weights, in hex.
        data: SHA-256 of what it was learned from, in hex.
        dimension: Length of its vectors; None for a reranker.
        max_tokens: Most tokens it reads of one text, or of one pair.
        created: When, in ISO form, UTC.
    """

    name: str
    kind: Literal["encoder", "reranker"]
    base: str
    use: str
    licence: str
    weights: str
    data: str
    dimension: int | None
    max_tokens: int
    created: str


class LearnedModels:
    """The registry of one home.

    Args:
        home: The home folder; the registry's own folder is made when the first model is kept.
    """

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def list(self) -> tuple[LearnedModel, ...]:
        """All of them, the newest first; a folder that is damaged is passed over."""
        found = [_read(path.parent) for path in self._folder.glob(f"*/{RECORD}")]
        models = [one for one in found if one is not None]
        return tuple(sorted(models, key=lambda one: (one.created, one.name), reverse=True))

    def find(self, name: str) -> LearnedModel | None:
        """The model of this name, if there is one."""
        return _read(self._folder / name) if _NAME.fullmatch(name) else None

    def get(self, name: str) -> LearnedModel:
        """The model of this name.

        Raises:
            ModelError: If there is none.
        """
        found = self.find(name)
        if found is None:
            raise ModelError(
                f"No model called {name!r} was learned here.",
                hint="See `python -m retrieval models`.",
            )
        return found

    def path(self, name: str) -> Path:
        """The folder that ``SentenceTransformer`` or ``CrossEncoder`` loads."""
        return self._folder / name / "model"

    def history(self, name: str) -> Mapping[str, Any]:
        """How it was made, as plain values.

        Raises:
            ModelError: If there is none of this name, or its history is damaged.
        """
        self.get(name)
        try:
            found: dict[str, Any] = json.loads(
                (self._folder / name / HISTORY).read_text(encoding="utf-8")
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"How {name} was made cannot be read.") from error
        return found

    def check_name(self, name: str, taken: Callable[[str], bool] = lambda _name: False) -> str:
        """The name, if a new model may have it.

        Args:
            name: What was asked for.
            taken: Whether another model answers to a name.

        Raises:
            ModelError: If it is not allowed, or taken.
        """
        name = name.strip()
        if not _NAME.fullmatch(name):
            raise ModelError(
                f"A model cannot be called {name[:80]!r}.",
                hint="Use 1 to 60 letters, digits and . _ -, and begin with a letter or a digit.",
            )
        lower = {path.name.lower() for path in self._folder.glob("*")}
        # Some file systems do not tell two names apart that differ in capitals.
        if taken(name) or name.lower() in lower:
            raise ModelError(
                f"There is already a model called {name!r}.",
                hint="Choose another name, or delete that one first.",
            )
        return name

    def add(self, model: LearnedModel, folder: Path, history: Mapping[str, Any]) -> None:
        """Take a trained model's folder in; it is moved.

        Args:
            model: What to keep of it.
            folder: A folder with the model; it is on the home's disk.
            history: How it was made, as plain values.

        Raises:
            ModelError: If the name is not allowed, or taken meanwhile.
            StorageError: If it cannot be written; nothing is left behind then.
        """
        partial = self._folder / f".{model.name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / ".lock"):
                name = self.check_name(model.name)
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
                (partial / RECORD).write_text(json.dumps(asdict(model)), encoding="utf-8")
                (partial / HISTORY).write_text(json.dumps(history), encoding="utf-8")
                folder.rename(partial / "model")
                partial.rename(self._folder / name)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise StorageError(
                f"The model {model.name} cannot be kept: {error.strerror or error}.",
                hint="Make room in the home folder, about 100 MB.",
            ) from error

    def delete(self, name: str) -> None:
        """Remove a model and how it was made.

        Raises:
            ModelError: If there is none of this name.
            StorageError: If it cannot be removed.
        """
        self.get(name)
        gone = self._folder / f".{name}.gone"
        try:
            with FileLock(self._folder / ".lock"):
                shutil.rmtree(gone, ignore_errors=True)
                (self._folder / name).rename(gone)
        except OSError as error:
            raise StorageError(f"{name} cannot be removed: {error.strerror or error}.") from error
        shutil.rmtree(gone, ignore_errors=True)


class Versions:
    """Which weights the names of models stand for: a name that was learned may be used again.

    The disk is asked once for each name, so make it anew for each piece of work, and keep it for
    no longer.

    Args:
        home: The home folder.
    """

    def __init__(self, home: Path) -> None:
        self._registry = LearnedModels(home)
        self._known: dict[str, str] = {}

    def of(self, model_id: str) -> str:
        """The id, with its weights where it was learned here."""
        if model_id not in self._known:
            learned = self._registry.find(model_id)
            self._known[model_id] = model_id if learned is None else f"{model_id}@{learned.weights}"
        return self._known[model_id]


def _read(folder: Path) -> LearnedModel | None:
    try:
        values = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        model = LearnedModel(**values)
    except (OSError, ValueError, TypeError):
        return None
    # A record that was copied under another name does not make a model of that name.
    whole = model.name == folder.name and (folder / "model" / WEIGHTS).is_file()
    return model if whole else None
