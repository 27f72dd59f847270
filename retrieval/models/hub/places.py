"""Where a hub's models lie on this machine: under the home, or in the hub's own cache.

An id comes from a person or an address, and a file's name from a server. Neither may name a place
outside of the model's own folder, so both are checked by what they may hold.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path, PurePosixPath
from typing import Any

from retrieval.errors import ModelError
from retrieval.models.weights import SHARDS, WEIGHTS

RECORD = "fetched.json"
PARTIAL = ".part"
"""Ends the name of a folder that is not whole yet."""
LOCK = ".lock"
"""Ends the name of the file by which one process at a time fetches a model."""

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}"
_ID = re.compile(rf"{_PART}(/{_PART})?")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,120}")
_DEEPEST = 3


def is_id(text: str) -> bool:
    """Whether a text can be the id of a model at a hub: ``name`` or ``owner/name``.

    The ends that name working files beside a model's folder are kept free for them.
    """
    is_free = not text.endswith((PARTIAL, LOCK))
    return bool(_ID.fullmatch(text)) and ".." not in text and "--" not in text and is_free


def check_id(text: str) -> str:
    """The id, if it can be one.

    Raises:
        ModelError: If it cannot.
    """
    if is_id(text):
        return text
    raise ModelError(
        f"{text!r} cannot be the id of a model.",
        hint="An id is a name, or an owner and a name: owner/name.",
    )


def check_file(name: str) -> str:
    """The name of a file within a model's folder, if it can be one.

    Raises:
        ModelError: If it would lie elsewhere.
    """
    parts = PurePosixPath(name).parts
    if 0 < len(parts) <= _DEEPEST and all(_FILE.fullmatch(part) for part in parts):
        return "/".join(parts)
    raise ModelError(f"The hub names a file {name!r}, which could lie outside of the model.")


def folder_of(home: Path, model_id: str) -> Path:
    """Where a fetched model lies, or would."""
    return home / "models" / "hub" / check_id(model_id).replace("/", "--")


def fetched(home: Path, model_id: str) -> Path | None:
    """The folder of a model that was fetched whole; None where there is none."""
    folder = folder_of(home, model_id)
    return folder if (folder / RECORD).is_file() else None


def record_of(folder: Path) -> dict[str, Any]:
    """What was kept about a fetch; empty where nothing can be read."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def cached(model_id: str) -> Path | None:
    """A whole snapshot of a model in the hub's own cache, whoever put it there; None without one.

    Read here by the layout that the cache documents (``models--owner--name/snapshots/COMMIT``,
    with ``refs/main`` naming the commit), because importing the hub's library takes half a second.
    """
    place = cache_folder() / f"models--{check_id(model_id).replace('/', '--')}"
    try:
        commit = (place / "refs" / "main").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    snapshot = place / "snapshots" / commit
    has_weights = any((snapshot / name).is_file() for name in (WEIGHTS, SHARDS))
    whole = has_weights and (snapshot / "config.json").is_file()
    return snapshot if whole and re.fullmatch(r"[0-9a-f]{7,64}", commit) else None


def cache_folder() -> Path:
    """The hub's own cache, by the variables that its library reads."""
    if named := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(named).expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME", str(Path(base) / "huggingface"))
    return Path(home).expanduser() / "hub"
