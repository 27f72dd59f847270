"""Systems saved by name: everything that makes a run, or a run that another tool made."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from retrieval.errors import SecondLookError, SettingsError, StorageError
from retrieval.evaluation.problems import Problems
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.run_files import read_run
from retrieval.evaluation.runs import Run, trec_run
from retrieval.stages import STAGES
from retrieval.store import Snapshot

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class System:
    """One saved system.

    Attributes:
        id: Random hex; names its files.
        name: What a person calls it; no two of a collection are alike.
        created: When, in ISO form, UTC.
        collection_id: The collection that it belongs to.
        collection: What that was called.
        version: The collection's version when it was saved.
        encoder: Id of the collection's encoder.
        fingerprint: Weights, backend and precision of the model behind the stage.
        recipe: Stage and settings; None for a run that was handed in.
    """

    id: str
    name: str
    created: str
    collection_id: str
    collection: str
    version: int
    encoder: str
    fingerprint: str = ""
    recipe: Recipe | None = None

    @property
    def is_run(self) -> bool:
        """Whether it is a run that was handed in."""
        return self.recipe is None

    def remark(self, snapshot: Snapshot, fingerprint: str = "") -> str:
        """What has changed since it was saved, in a sentence; empty where nothing has.

        Args:
            snapshot: The collection now.
            fingerprint: Of the model now; empty where it is not known.
        """
        if self.version != snapshot.version:
            made = "its ranks are of then" if self.is_run else "it is run anew on the latter"
            return (
                f"Saved at version {self.version} of the collection, which is at "
                f"{snapshot.version} now; {made}."
            )
        if fingerprint and self.fingerprint and fingerprint != self.fingerprint:
            return f"Saved with {self.fingerprint}; run with {fingerprint} now."
        return ""

    def as_dict(self) -> dict[str, Any]:
        """The system as plain values."""
        return {**asdict(self), "recipe": self.recipe.as_dict() if self.recipe else None}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> System:
        """The system that ``as_dict`` wrote."""
        recipe = values["recipe"]
        return cls(**{**values, "recipe": Recipe.from_dict(recipe) if recipe else None})


class Systems:
    """The saved systems of one home; a file each, and the runs of those that are one.

    Safe for several threads and processes.

    Args:
        folder: Where they lie; made when the first is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list(self, collection_id: str | None = None) -> tuple[System, ...]:
        """The systems of a collection, or all, by name."""
        found = [one for path in self._folder.glob("*.json") if (one := _read(path))]
        kept = [one for one in found if collection_id in (None, one.collection_id)]
        return tuple(sorted(kept, key=lambda one: (one.name.lower(), one.id)))

    def find(self, collection_id: str, name: str) -> System:
        """The system of this name.

        Raises:
            SettingsError: If the collection has none; the hint names those it has.
        """
        systems = self.list(collection_id)
        for one in systems:
            if one.name.lower() == name.strip().lower():
                return one
        names = ", ".join(one.name for one in systems)
        raise SettingsError(
            f"There is no saved system “{name}”.",
            hint=f"There are: {names}." if names else "Save one first.",
        )

    def save(self, name: str, snapshot: Snapshot, recipe: Recipe, fingerprint: str = "") -> System:
        """Save a stage with its settings.

        Raises:
            SettingsError: If the name is taken or not allowed.
            StorageError: If it cannot be written.
        """
        return self._add(name, snapshot, recipe, fingerprint, None)

    def save_run(self, name: str, snapshot: Snapshot, run: Run) -> System:
        """Save a run that another tool made; raises what ``save`` does."""
        return self._add(name, snapshot, None, "", run)

    def run(self, system: System) -> Run:
        """The run of a system that is one.

        Raises:
            StorageError: If it is gone.
        """
        try:
            text = self._path(system.id, "run").read_text(encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"The run of “{system.name}” is not there any more.", hint="Hand it in again."
            ) from error
        return read_run(text.splitlines(), Problems())

    def rename(self, system: System, name: str) -> System:
        """Call a system something else; raises what ``save`` does."""
        with self._writing():
            name = self._free(name, system.collection_id, system.id)
            renamed = replace(system, name=name)
            self._write(renamed)
        return renamed

    def delete(self, system: System) -> None:
        """Forget a system, and its run."""
        for suffix in ("json", "run"):
            self._path(system.id, suffix).unlink(missing_ok=True)

    def _add(
        self,
        name: str,
        snapshot: Snapshot,
        recipe: Recipe | None,
        fingerprint: str,
        run: Run | None,
    ) -> System:
        collection_id = snapshot.key.partition("@")[0]
        with self._writing():
            system = System(
                secrets.token_hex(8),
                self._free(name, collection_id),
                datetime.now(UTC).isoformat(timespec="seconds"),
                collection_id,
                snapshot.collection,
                snapshot.version,
                snapshot.encoder,
                fingerprint,
                recipe,
            )
            if run is not None:
                lines = "".join(f"{line}\n" for line in trec_run(run, "run"))
                self._put(self._path(system.id, "run"), lines)
            self._write(system)
        return system

    def _free(self, name: str, collection_id: str, own_id: str = "") -> str:
        """The name as it will be shown, once it is known to be allowed and free."""
        name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
        if not name or len(name) > LONGEST_NAME:
            raise SettingsError(
                "The system has no name." if not name else "The system’s name is too long.",
                hint=f"Give it a name of 1 to {LONGEST_NAME} characters.",
            )
        taken = {one.name.lower() for one in self.list(collection_id) if one.id != own_id}
        if name.lower() in taken or name.lower() in STAGES:
            raise SettingsError(
                f"There is already a system “{name}”.", hint="Choose another name, or delete it."
            )
        return name

    def _write(self, system: System) -> None:
        self._put(self._path(system.id, "json"), json.dumps(system.as_dict(), ensure_ascii=False))

    def _put(self, path: Path, text: str) -> None:
        part = path.with_suffix(path.suffix + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self._folder / "systems.lock"):
                yield
        except OSError as error:
            raise StorageError(
                "The system cannot be saved.",
                hint="Make room in the home folder, or choose one that you may write.",
            ) from error

    def _path(self, system_id: str, suffix: str) -> Path:
        return self._folder / f"{system_id}.{suffix}"


def _read(path: Path) -> System | None:
    """A system of a file; what cannot be read is passed over."""
    try:
        return System.from_dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, SecondLookError):
        return None
