"""Metadata as labels, and filters over them as conditions of LanceDB.

Metadata differs from collection to collection, so it has no columns of its own: each chunk carries
one label ``field=value`` for each entry, and a filter is a test of set membership.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from retrieval.settings import Filter

SOURCE = "source"
"""The field that is a column of its own: the file that a chunk came from."""


def label(field: str, value: str) -> str:
    """The label of one metadata entry; ``=`` in a field's name is escaped, in a value it is not."""
    return f"{field.replace('%', '%25').replace('=', '%3D')}={value}"


def split_label(text: str) -> tuple[str, str]:
    """Field and value of a label."""
    field, _, value = text.partition("=")
    return field.replace("%3D", "=").replace("%25", "%"), value


def labels(metadata: Mapping[str, str]) -> list[str]:
    """The labels of a chunk's metadata; a field named like the source column yields to it."""
    return [label(field, value) for field, value in metadata.items() if field != SOURCE]


def quoted(text: str) -> str:
    """A text as an SQL literal: the single quote is its only special character."""
    return "'" + text.replace("'", "''") + "'"


def one_of(column: str, values: Iterable[str]) -> str:
    """The condition that a column holds one of some values."""
    return f"{column} IN ({', '.join(quoted(value) for value in values)})"


def condition(wanted: Filter) -> str:
    """The SQL condition of a filter: values of one field are alternatives, fields must all hold."""
    by_field: dict[str, list[str]] = {}
    for field, value in wanted:
        by_field.setdefault(field, []).append(value)
    return " AND ".join(_field_condition(*entry) for entry in by_field.items())


def _field_condition(field: str, values: list[str]) -> str:
    if field == SOURCE:
        return one_of(SOURCE, values)
    literals = ", ".join(quoted(label(field, value)) for value in values)
    return f"array_has_any(labels, [{literals}])"
