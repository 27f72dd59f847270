"""Probe items: questions with a passage that answers and a twin that does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retrieval.errors import IngestError
from retrieval.ingest.parsers import parse_table_or_lines
from retrieval.ingest.sources import Source
from retrieval.types import Skipped

_CELLS = ("query_1", "query_2", "document_1", "document_2")
_POSITIVE = ("positive", "doc_pos")
_NEGATIVE = ("negative", "doc_neg")
_TRUE = frozenset({"true", "1", "yes"})

UNNAMED = "unnamed"
"""The phenomenon of an item whose file does not say it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One item: one or two questions, two passages, and which passage each question wants.

    With two questions each wants its own passage (four cells, chance 25 %); with one question
    only the first passage answers (chance 50 %).

    Attributes:
        id: Its id, or its row.
        phenomenon: What the pair turns on.
        queries: One or two questions.
        passages: The passage of the first question, and its twin.
        domain: What it is about.
        is_control: Whether the twin keeps the meaning: reported, never counted.
        control: A copy of the first passage that keeps its meaning; empty where there is none.
        kind: In which of the phenomenon's ways it is worded; empty where the file does not say.
    """

    id: str
    phenomenon: str
    queries: tuple[str, ...]
    passages: tuple[str, str]
    domain: str = ""
    is_control: bool = False
    control: str = ""
    kind: str = ""

    @property
    def is_four_cell(self) -> bool:
        """Whether both passages have a question of their own."""
        return len(self.queries) > 1

    @property
    def texts(self) -> tuple[str, ...]:
        """Every passage of the item."""
        return (*self.passages, self.control) if self.control else self.passages


def read_probes(source: Source) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    """The items of a JSONL, CSV or TSV file, and a line for each row that is none.

    Raises:
        IngestError: If the file holds no item at all.
        ParseError: If the file cannot be read.
    """
    probes: list[Probe] = []
    notes: list[str] = []
    seen: set[tuple[tuple[str, ...], tuple[str, str]]] = set()
    for row, record in parse_table_or_lines(source):
        probe = record if isinstance(record, Skipped) else probe_from(record, row)
        if isinstance(probe, Skipped):
            notes.append(f"{source.id}: {probe.reason}")
        elif (probe.queries, probe.passages) in seen:
            notes.append(f"{source.id}: row {row} repeats an earlier one")
        else:
            seen.add((probe.queries, probe.passages))
            probes.append(probe)
    if not probes:
        raise IngestError(
            f"{source.id} holds no item: {notes[0] if notes else 'it is empty'}.",
            hint=f"A row has {', '.join(_CELLS)}, or query, positive, negative.",
        )
    return tuple(probes), tuple(notes)


def probe_from(record: dict[str, str], row: int) -> Probe | Skipped:
    """The item that a row of a file holds, or what the row lacks."""
    cells = tuple(record.get(name, "").strip() for name in _CELLS)
    single = (record.get("query", "").strip(), _first(record, _POSITIVE), _first(record, _NEGATIVE))
    if all(cells):
        queries, passages = cells[:2], (cells[2], cells[3])
    elif all(single):
        queries, passages = single[:1], (single[1], single[2])
    else:
        return Skipped("", f"row {row} lacks {', '.join(_lacking(record))}")
    control = record.get("control", "").strip()
    flag = control.lower() in _TRUE | {"false", "0", "no", ""}
    return Probe(
        id=record.get("id", "").strip() or str(row),
        phenomenon=record.get("phenomenon", "").strip() or UNNAMED,
        queries=queries,
        passages=passages,
        domain=record.get("domain", "").strip(),
        is_control=control.lower() in _TRUE,
        control="" if flag else control,
        kind=record.get("kind", "").strip(),
    )


def _lacking(record: dict[str, str]) -> Iterable[str]:
    has_cells = any(record.get(name, "").strip() for name in _CELLS)
    return _empty(record, _CELLS if has_cells else ("query", "positive", "negative"))


def _empty(record: dict[str, str], names: Iterable[str]) -> Iterator[str]:
    aliases = {"positive": _POSITIVE, "negative": _NEGATIVE}
    for name in names:
        if not _first(record, aliases.get(name, (name,))):
            yield name


def _first(record: dict[str, str], names: Iterable[str]) -> str:
    return next((record[name].strip() for name in names if record.get(name, "").strip()), "")
