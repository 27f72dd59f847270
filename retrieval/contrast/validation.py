"""Whether a probe set is fit to measure with, so that a score says something about the models.

A twin that is merely longer is found by its length, one that stands in the set twice counts twice,
and one of no named phenomenon cannot be told in a table. Each such row is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from retrieval.contrast.phenomena import DOMAINS, PHENOMENA
from retrieval.contrast.probes import UNNAMED, Probe, probe_from
from retrieval.explain.words import NEGATORS
from retrieval.ingest.parsers import parse_table_or_lines
from retrieval.ingest.sources import Source
from retrieval.types import Skipped

LARGEST_LENGTH_DIFFERENCE = 0.2
"""Between the two passages of an item, as a share of the longer one."""

_LONGEST_NEGATION = 2
_QUOTED = 40
_MARKS = ".,;:!?…\"'“”‘’()[]"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one row.

    Attributes:
        file: The file's name.
        row: The row's number in it, from 1.
        fault: What is wrong.
    """

    file: str
    row: int
    fault: str

    def __str__(self) -> str:
        """The finding as one line."""
        return f"{self.file}: row {self.row}: {self.fault}"


def find_faults(sources: Iterable[Source]) -> tuple[Finding, ...]:
    """Everything wrong with the files of one probe set, in the order of their rows.

    Args:
        sources: JSONL, CSV or TSV files. They count as one set: a passage may stand in it once.

    Raises:
        ParseError: If a file cannot be read.
    """
    met = _Met()
    return tuple(finding for source in sources for finding in _faults_of_file(source, met))


def _faults_of_file(source: Source, met: _Met) -> Iterator[Finding]:
    row = 0
    for row, record in parse_table_or_lines(source):
        probe = record if isinstance(record, Skipped) else probe_from(record, row)
        if isinstance(probe, Skipped):
            yield Finding(source.id, row, _without_place(probe.reason, row))
            continue
        place = f"{source.id}, row {row}"
        named = isinstance(record, dict) and record.get("id", "").strip()
        ids = met.repeated_id(probe.id, place) if named else ("it has no id",)
        faults = (*_naming(probe), *_cells(probe), *_lengths(probe), *met.repeats(probe, place))
        for fault in (*ids, *faults):
            yield Finding(source.id, row, fault)
    if not row:
        yield Finding(source.id, 1, "the file holds no item")


def _without_place(reason: str, row: int) -> str:
    """A reason that need not begin with its row, since a finding does."""
    for place in (f"row {row} ", f"line {row} "):
        if reason.startswith(place):
            return f"it {reason.removeprefix(place)}"
    return reason


def _naming(probe: Probe) -> Iterator[str]:
    phenomenon = PHENOMENA.get(probe.phenomenon)
    if phenomenon is None:
        named = "" if probe.phenomenon == UNNAMED else probe.phenomenon
        yield _unknown("phenomenon", named, PHENOMENA)
    elif probe.kind not in phenomenon.kinds:
        yield _unknown(f"kind of {phenomenon.id}", probe.kind, phenomenon.kinds)
    if phenomenon is not None and phenomenon.is_four_cell != probe.is_four_cell:
        wanted = "two questions" if phenomenon.is_four_cell else "one question"
        yield f"an item of {phenomenon.id} has {wanted}"
    if probe.domain not in DOMAINS:
        yield _unknown("domain", probe.domain, DOMAINS)


def _unknown(what: str, value: str, known: Iterable[str]) -> str:
    said = f"{_short(value)} is no known {what}" if value else f"it names no {what}"
    return f"{said} ({', '.join(known)})"


def _short(text: str) -> str:
    """A text of the file in quotation marks, on one line and of bounded length."""
    line = " ".join(text.split())
    return f"“{line if len(line) <= _QUOTED else line[: _QUOTED - 1] + '…'}”"


def _cells(probe: Probe) -> Iterator[str]:
    if not probe.control and not probe.is_control:
        yield "it has no control"
    said: dict[tuple[str, ...], str] = {}
    # An item may have no control; then the last name is left over.
    for name, text in zip(_names(probe), (*probe.queries, *probe.texts), strict=False):
        same = said.setdefault(_words(text), name)
        if same != name:
            yield f"{name} says the same words as {same}"


def _names(probe: Probe) -> tuple[str, ...]:
    """What the file calls the questions and passages of an item, in their order."""
    if probe.is_four_cell:
        return ("query_1", "query_2", "document_1", "document_2", "control")
    return ("query", "positive", "negative", "control")


def _lengths(probe: Probe) -> Iterator[str]:
    first, twin = probe.passages
    for unit, sizes in (
        ("characters", (len(first), len(twin))),
        ("words", (len(first.split()), len(twin.split()))),
    ):
        short, long = sorted(sizes)
        if long - short > LARGEST_LENGTH_DIFFERENCE * long:
            yield (
                f"the passages have {sizes[0]} and {sizes[1]} {unit}, "
                f"more than {LARGEST_LENGTH_DIFFERENCE:.0%} apart"
            )
    if _is_only_longer(*sorted((_words(first), _words(twin)), key=len)):
        yield "one passage is the other with words added: the twin is only longer"


def _is_only_longer(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    """Whether the longer passage adds words, and more than *not* or *do not*, which turn it."""
    added = Counter(many) - Counter(few)
    turned = added.total() <= _LONGEST_NEGATION and not NEGATORS.isdisjoint(added)
    return len(few) < len(many) and _stands_within(few, many) and not turned


def _stands_within(few: tuple[str, ...], many: tuple[str, ...]) -> bool:
    """Whether all words of one stand in the other in the same order."""
    rest = iter(many)
    return all(word in rest for word in few)


def _words(text: str) -> tuple[str, ...]:
    """Words in lower case without the marks around them; a minus or a currency sign stays."""
    return tuple(bare for word in text.casefold().split() if (bare := word.strip(_MARKS)))


@dataclass(slots=True)
class _Met:
    """What the set holds so far, with the place where each thing was first met."""

    ids: dict[str, str] = field(default_factory=dict)
    items: dict[frozenset[tuple[str, ...]], str] = field(default_factory=dict)
    passages: dict[tuple[str, ...], str] = field(default_factory=dict)

    def repeated_id(self, name: str, place: str) -> Iterator[str]:
        """Whether an earlier item is called the same."""
        earlier = self.ids.setdefault(name, place)
        if earlier != place:
            yield f"its id {_short(name)} is that of {earlier}"

    def repeats(self, probe: Probe, place: str) -> Iterator[str]:
        """What the item has in common with an earlier one; afterwards it is an earlier one."""
        item = frozenset(_words(text) for text in (*probe.queries, *probe.passages))
        earlier = self.items.setdefault(item, place)
        if earlier != place:
            yield f"it repeats {earlier}"
            return
        for text in probe.texts:
            earlier = self.passages.setdefault(_words(text), place)
            if earlier != place:
                yield f"its passage {_short(text)} stands in {earlier} too"
