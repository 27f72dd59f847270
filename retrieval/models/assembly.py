"""Shipping a model as its difference to another: small on the way, whole at first use.

A reranker trained from the packaged encoder keeps that encoder's word vectors, so only what changed
is shipped, as differences in half precision, which holds a small difference more finely than it
would hold the weight itself. At first use base and difference are added
in float32 and written to a folder under the home that ``CrossEncoder(path)`` loads as it stands.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock
from safetensors.numpy import load_file, save_file

from retrieval.errors import ModelError, StorageError
from retrieval.models.folder import ModelFolder
from retrieval.models.weights import WEIGHTS, file_hash

DELTA = "delta.safetensors"
MANIFEST = "delta.json"
Weights = dict[str, npt.NDArray[np.float32]]

_COPIED = ("config.json", "README.md")
_FROM_BASE = ("tokenizer.json", "tokenizer_config.json")


def write_delta(model: Path, base: Path, out: Path) -> None:
    """Write what a model has that its base has not.

    Args:
        model: The folder of the trained model.
        base: The folder it was trained from; its tokenizer is the model's.
        out: The folder to ship.
    """
    theirs = load_file(base / WEIGHTS)
    delta = {}
    for name, weight in load_file(model / WEIGHTS).items():
        start = theirs.get(_base_name(name))
        value = weight.astype(np.float32)
        if start is not None and start.shape == weight.shape:
            value = value - start.astype(np.float32)
        # A difference that half precision cannot hold is the rounding of a sum, not a change.
        change = value.astype(np.float16)
        if np.any(change):
            delta[name] = change
    out.mkdir(parents=True, exist_ok=True)
    save_file(delta, out / DELTA)
    shutil.copyfile(model / "config.json", out / "config.json")
    manifest = {"base": ModelFolder.open(base).weights_hash, "delta": file_hash(out / DELTA)}
    (out / MANIFEST).write_text(json.dumps(manifest) + "\n", encoding="utf-8")


def assembled(shipped: Path, base: ModelFolder, home: Path) -> Path:
    """The whole model's folder under the home, written on the first call.

    Two processes that ask at once write it once; a kill leaves no half folder.

    Args:
        shipped: The folder with the difference.
        base: The model it differs from.
        home: The home folder.

    Raises:
        ModelError: If the difference is missing, damaged, or to another base.
        StorageError: If the folder cannot be written.
    """
    manifest = _manifest(shipped)
    # Named by the hash of the difference, so another difference gets another folder.
    target = home / "models" / f"{shipped.name}-{manifest['delta'][:12]}"
    if (target / WEIGHTS).is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_suffix(".lock")):
            if not (target / WEIGHTS).is_file():
                _assemble(shipped, manifest, base, target)
    except OSError as error:
        raise StorageError(
            f"The model {shipped.name} cannot be written to {target}: {error.strerror or error}.",
            hint="Make room in the home folder, about 100 MB.",
        ) from error
    return target


def _manifest(shipped: Path) -> dict[str, str]:
    """What the difference hashes to, and the base it belongs to."""
    try:
        found: dict[str, str] = json.loads((shipped / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{shipped} holds no model: {MANIFEST} cannot be read.") from error
    return found


def _assemble(shipped: Path, manifest: dict[str, str], base: ModelFolder, target: Path) -> None:
    if manifest["base"] != base.weights_hash:
        raise ModelError(
            f"{shipped.name} is a difference to other weights than those in {base.path}.",
            hint="Install the package that carries the base again.",
        )
    if not (shipped / DELTA).is_file():
        raise ModelError(f"{shipped} holds no model: {DELTA} is missing.")
    if file_hash(shipped / DELTA) != manifest["delta"]:
        raise ModelError(
            f"The weights of {shipped.name} are damaged.", hint="Check the project out again."
        )
    delta, theirs = load_file(shipped / DELTA), load_file(base.path / WEIGHTS)
    whole = _whole(delta, theirs)
    partial = target.with_name(target.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name in _COPIED:
        if (shipped / name).is_file():
            shutil.copyfile(shipped / name, partial / name)
    for name in _FROM_BASE:
        if (base.path / name).is_file():
            shutil.copyfile(base.path / name, partial / name)
    save_file(whole, partial / WEIGHTS, metadata={"format": "pt"})
    partial.rename(target)


def _whole(delta: Weights, theirs: Weights) -> Weights:
    """Base and difference added, in float32, by the model's own names."""
    prefix = next(name.split(".")[0] for name in delta if ".encoder." in name)
    whole = {
        f"{prefix}.{name}": weight.astype(np.float32)
        for name, weight in theirs.items()
        if np.issubdtype(weight.dtype, np.floating)
    }
    for name, change in delta.items():
        start = whole.get(name)
        value = change.astype(np.float32)
        whole[name] = value if start is None or start.shape != value.shape else start + value
    return whole


def _base_name(name: str) -> str:
    """What the base calls a weight of the model, which holds the base under a prefix."""
    return name.split(".", 1)[-1]
