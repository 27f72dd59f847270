"""Weights on disk: safetensors files and nothing else, whole, and known by their hash.

A safetensors file holds numbers and a table of where each tensor lies; it cannot hold code, as a
pickle can. The table also tells how long the file must be, so that one that was cut short is found
before anything is loaded.
"""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from retrieval.errors import ModelError

WEIGHTS = "model.safetensors"
SHARDS = "model.safetensors.index.json"

_LENGTH_BYTES = 8
_LONGEST_TABLE = 100_000_000
"""In bytes; the format's own bound, so that a damaged length does not fill the memory."""


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a model's network: one, or the parts that an index names.

    Raises:
        ModelError: If there is none, or the index names files outside of the folder.
    """
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if not (folder / SHARDS).is_file():
        raise ModelError(_no_weights(folder), hint=_hint(folder))
    try:
        table = json.loads((folder / SHARDS).read_text(encoding="utf-8"))
        names = sorted({str(name) for name in table["weight_map"].values()})
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{SHARDS} in {folder} cannot be read.") from error
    for name in names:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise ModelError(f"{SHARDS} in {folder} names {name!r}, which is no file beside it.")
        if not (folder / name).is_file():
            raise ModelError(f"{folder} holds no model: {name} is missing.")
    return tuple(folder / name for name in names)


def _no_weights(folder: Path) -> str:
    return f"{folder} holds no model: {WEIGHTS} is missing."


def _hint(folder: Path) -> str:
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
        return (
            "Its weights are a pickle, which can run code and is never loaded; "
            "save the model as safetensors."
        )
    return "Give a folder with config.json, a tokenizer and model.safetensors."


def check_whole(path: Path) -> None:
    """See that a safetensors file is as long as its own table says.

    Raises:
        ModelError: If it is cut short or no safetensors file.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
            if not 0 < length <= _LONGEST_TABLE:
                raise ModelError(f"{path} is no safetensors file.")
            table = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in table.items() if name[:2] != "__"]
        expected = _LENGTH_BYTES + length + max(ends, default=0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{path} is damaged: its table of tensors cannot be read.", hint=_AGAIN
        ) from error
    if size != expected:
        raise ModelError(
            f"{path} is damaged: it has {size:,} bytes and should have {expected:,}.", hint=_AGAIN
        )


_AGAIN = "Fetch or install the model again."


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex; read once for as long as the file does not change."""
    stat = path.stat()
    return _sha256(path, (stat.st_size, stat.st_mtime_ns))


def joint_hash(paths: tuple[Path, ...]) -> str:
    """One SHA-256 for several files in their order; that of the file itself where it is one."""
    hashes = [file_hash(path) for path in paths]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256(" ".join(hashes).encode()).hexdigest()


@lru_cache(maxsize=64)
def _sha256(path: Path, _version: tuple[int, int]) -> str:
    """Hash of a file; its size and time of change are in the key, so a new file is read anew."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
