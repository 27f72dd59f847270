"""Sets of probe items that can be picked: the shipped ones, and those that people handed in."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from threading import Lock

from retrieval.contrast.phenomena import PHENOMENA
from retrieval.contrast.probes import Probe, read_probes
from retrieval.errors import IngestError, StorageError
from retrieval.evaluation.files import file_source
from retrieval.ingest.sources import Source
from retrieval.settings import DATA_FOLDER

ALL = "all"
"""The set of all shipped items."""

_FIELDS = tuple(field.name for field in fields(Probe))
_SETS_KEPT = 4
_NOTES_A_REASON = 5


@dataclass(frozen=True)
class ProbeSet:
    """Items under one name.

    Attributes:
        id: What an address calls it.
        name: What a person calls it.
        probes: The items.
        notes: A line for each row of its file that is none.
    """

    id: str
    name: str
    probes: tuple[Probe, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all items: two sets with one fingerprint have the same results."""
        digest = hashlib.sha256()
        for probe in self.probes:
            digest.update(_line(probe).encode())
        return digest.hexdigest()[:16]

    def first(self, items: int) -> ProbeSet:
        """The set with only so many items, or as it is if it has no more."""
        return self if items >= len(self.probes) else replace(self, probes=self.probes[:items])


@dataclass(frozen=True, slots=True)
class ListedSet:
    """What a list says of a set."""

    id: str
    name: str
    items: int


class ProbeSets:
    """The shipped sets, and the ones of a home.

    Args:
        folder: Where those that were handed in lie; made when the first is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: OrderedDict[str, ProbeSet] = OrderedDict()
        self._lock = Lock()

    def list(self) -> tuple[ListedSet, ...]:
        """All shipped items, each shipped set, and then those of this home by name."""
        shipped = [ListedSet(one.id, one.name, len(one.probes)) for one in shipped_sets()]
        own = []
        for path in self._folder.glob("own-*.jsonl"):
            try:
                with path.open(encoding="utf-8") as stream:
                    head = json.loads(stream.readline())
                own.append(ListedSet(path.stem, str(head["name"]), int(head["items"])))
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return (*shipped, *sorted(own, key=lambda one: (one.name.lower(), one.id)))

    def get(self, set_id: str) -> ProbeSet:
        """A set whole.

        Raises:
            IngestError: If there is none, or its file is damaged.
        """
        for one in shipped_sets():
            if one.id == set_id:
                return one
        found = self._read.get(set_id)
        if found is None:
            found = self._load(set_id)
            with self._lock:
                self._read[set_id] = found
                while len(self._read) > _SETS_KEPT:
                    self._read.popitem(last=False)
        return found

    def add(self, source: Source) -> ProbeSet:
        """Read a file of items and keep what is valid in it; the same content is kept once.

        Raises:
            IngestError: If it holds no item.
            ParseError: If it cannot be read.
            StorageError: If it cannot be kept.
        """
        probes, notes = read_probes(source)
        made = ProbeSet("", source.name, probes, tuple(gathered(notes)))
        made = replace(made, id=f"own-{made.fingerprint}")
        head = {"name": made.name, "items": len(probes), "notes": made.notes}
        part = self._folder / f"{made.id}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("w", encoding="utf-8") as stream:
                stream.write(f"{json.dumps(head)}\n")
                stream.writelines(f"{_line(probe)}\n" for probe in probes)
            part.replace(self._path(made.id))
        except OSError as error:
            raise StorageError(
                "The probe set cannot be kept.", hint="Make room in the home folder."
            ) from error
        with self._lock:
            self._read.pop(made.id, None)
        return made

    def remove(self, set_id: str) -> None:
        """Forget a set that was handed in."""
        with self._lock:
            self._read.pop(set_id, None)
        self._path(set_id).unlink(missing_ok=True)

    def _load(self, set_id: str) -> ProbeSet:
        try:
            with self._path(set_id).open(encoding="utf-8") as stream:
                head = json.loads(stream.readline())
                probes = tuple(_probe(json.loads(line)) for line in stream)
            return ProbeSet(set_id, head["name"], probes, tuple(head["notes"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IngestError(
                "This probe set is not there any more.", hint="Hand it in again."
            ) from error

    def _path(self, set_id: str) -> Path:
        # The id comes from an address; only the name of a file of this folder is meant.
        return self._folder / f"{Path(set_id).name}.jsonl"


@cache
def shipped_sets() -> tuple[ProbeSet, ...]:
    """All shipped items in one set, and then a set for each phenomenon."""
    read = []
    for phenomenon in PHENOMENA.values():
        probes, notes = read_probes(file_source(_shipped_file(phenomenon.id)))
        read.append(ProbeSet(phenomenon.id, phenomenon.label, probes, notes))
    every = tuple(probe for one in read for probe in one.probes)
    return (ProbeSet(ALL, "All shipped sets", every), *read)


def gathered(notes: Iterable[str]) -> Iterable[str]:
    """The lines about rows that are no item, at most a few of one reason, and the count of others.

    A reason is a line without its numbers: fifty thousand rows that lack one field are told of in
    six lines.
    """
    reasons: dict[str, list[str]] = {}
    counts: Counter[str] = Counter()
    for note in notes:
        reason = "".join(character for character in note if not character.isdigit())
        counts[reason] += 1
        if counts[reason] <= _NOTES_A_REASON:
            reasons.setdefault(reason, []).append(note)
    for reason, lines in reasons.items():
        yield from islice(lines, _NOTES_A_REASON)
        if more := counts[reason] - len(lines):
            yield f"and {more:,} more rows like the last one"


def _shipped_file(phenomenon: str) -> Path:
    return DATA_FOLDER / "probes" / f"{phenomenon}.jsonl"


def _line(probe: Probe) -> str:
    # Several times as fast as ``asdict``, which copies every value; a set may have 50,000 items.
    return json.dumps({name: getattr(probe, name) for name in _FIELDS})


def _probe(record: dict[str, object]) -> Probe:
    values = {**record, "queries": tuple(record["queries"]), "passages": tuple(record["passages"])}  # type: ignore[arg-type]
    return Probe(**values)  # type: ignore[arg-type]
