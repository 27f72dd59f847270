"""What is known of an index over the chunks: kept in the table itself, beside what it describes.

LanceDB has no place for how long a build took or how well the index finds, so both are written into
the metadata of the column. They are versioned with the chunks: a snapshot of an older version sees
the index that it had then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from lancedb.table import Table

_KEY = "second-look.index"

# Listing the indexes needs no centroids; undecided, LanceDB reads them and writes a warning.
os.environ.setdefault("LANCE_INCLUDE_VECTOR_CENTROIDS", "false")


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """An index over one column of the chunks.

    Attributes:
        column: The column: ``words`` or ``vector``.
        kind: What it is, in the words of a list: ``full text``, ``HNSW-SQ``.
        rows: Chunks that it covers.
        unindexed: Chunks that came after it was built; they are found too, by a scan.
        bytes: What it takes on disk.
        build_seconds: How long it took to build.
        recall: Share of the nearest chunks that it finds, against the exact scan; None for an index
            that is exact.
        built_version: The version of the chunks that it was built for.
    """

    column: str
    kind: str
    rows: int
    unindexed: int
    bytes: int
    build_seconds: float
    recall: float | None
    built_version: int


@dataclass(frozen=True, slots=True)
class Built:
    """What a build leaves behind: the part of an ``IndexInfo`` that LanceDB does not know."""

    kind: str
    build_seconds: float
    recall: float | None = None


def indexes_of(table: Table) -> dict[str, IndexInfo]:
    """The indexes of a table at its version, by column; those that serve filters are left out."""
    fields = {field.name: field.metadata or {} for field in table.schema}
    found = {}
    for config in table.list_indices():
        column = config.columns[0]
        if recorded := fields[column].get(_KEY.encode()):
            found[column] = IndexInfo(
                column=column,
                rows=config.num_indexed_rows or 0,
                unindexed=config.num_unindexed_rows or 0,
                bytes=config.size_bytes or 0,
                **json.loads(recorded),
            )
    return found


def record(table: Table, built: Mapping[str, Built], version: int) -> None:
    """Write down what was built, by column, as one commit that makes ``version``."""
    table.update_field_metadata(
        *(
            {
                "path": column,
                "metadata": {
                    _KEY: json.dumps(
                        {
                            "kind": one.kind,
                            "build_seconds": one.build_seconds,
                            "recall": one.recall,
                            "built_version": version,
                        }
                    )
                },
            }
            for column, one in built.items()
        )
    )
