"""How much room a collection takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lancedb.table import Table

_REMOTE = "://"


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of a collection.

    Attributes:
        current: What its rows take as they are now, token vectors with them, indexes not counted.
        total: All its files, indexes and older versions too; None where the collection lies in an
            object store, which would have to be asked for each file.
    """

    current: int
    total: int | None


def current_bytes(table: Table) -> int:
    """What the rows of a table take as they are now."""
    # Annotated as a dataclass, but LanceDB returns plain dictionaries.
    stats = cast("dict[str, Any]", table.stats())
    return int(stats["total_bytes"])


def total_bytes(database: str, collection_id: str) -> int | None:
    """What all tables of a collection take; None where they lie in an object store."""
    if _REMOTE in database:
        return None
    folders = Path(database).glob(f"{collection_id}.*.lance")
    return sum(_size(folder) for folder in folders)


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # Another process may be compacting the table just now.
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
