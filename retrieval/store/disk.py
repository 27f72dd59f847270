"""How much room a collection takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from lancedb.table import Table

_REMOTE = "://"


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of a collection.

    Attributes:
        current: What its rows take as they are now, indexes not counted.
        total: All its files, indexes and older versions too; None where the collection lies in an
            object store, which would have to be asked for each file.
    """

    current: int
    total: int | None


def disk_use(database: str, collection_id: str, tables: Iterable[Table]) -> DiskUse:
    """What the tables of a collection take; all of its folders count for the total."""
    # Annotated as a dataclass, but LanceDB returns plain dictionaries.
    stats = [cast("dict[str, Any]", table.stats()) for table in tables]
    current = sum(one["total_bytes"] for one in stats)
    if _REMOTE in database:
        return DiskUse(current, None)
    folders = Path(database).glob(f"{collection_id}.*.lance")
    return DiskUse(current, sum(_size(folder) for folder in folders))


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # Another process may be compacting the table just now.
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            continue
    return total
