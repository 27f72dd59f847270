"""TREC run files that other tools made, read row by row: what is valid is used."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from retrieval.errors import ParseError
from retrieval.evaluation.problems import Problems, named
from retrieval.evaluation.rows import lines_of
from retrieval.evaluation.runs import Run, Scored
from retrieval.ingest.sources import Source

_FIELDS = 6


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a run."""

    number: int
    document: str
    rank: int | None
    score: float


def read_run_file(
    source: Source,
    problems: Problems,
    questions: Collection[str] = (),
    documents: Collection[str] = (),
) -> Run:
    """The run of a file, best first by score, equal scores by rank.

    Args:
        source: The file: ``question Q0 document rank score tag`` a line.
        problems: Is told of the rows that are none, and of ranks with gaps.
        questions: The ids that are known; a line of another question is left out.
        documents: The ids that are known; a hit of another one counts as not judged.

    Raises:
        ParseError: If it is no text, or not one line of it is a hit.
    """
    lines = lines_of(source)
    run = _read(lines, problems, source.name, questions, documents)
    if not run:
        raise ParseError(
            f"{source.name} holds no hit that can be used.",
            hint=" ".join(problems.notes()[:1])
            or "A line reads: question Q0 document rank score tag.",
        )
    return run


def read_run(lines: Iterable[str], problems: Problems) -> Run:
    """The run of lines that are known to be one."""
    return _read(enumerate(lines, start=1), problems, "run", (), ())


def _read(
    lines: Iterable[tuple[int, str]],
    problems: Problems,
    name: str,
    questions: Collection[str],
    documents: Collection[str],
) -> Run:
    found: dict[str, dict[str, _Line]] = {}
    for number, text in lines:
        fields = text.lstrip("\ufeff").split()
        if not fields:
            continue
        where = f"{name}, line {number}"
        line = _line(fields, number, documents)
        if line is None:
            reason = "it is not of the form “question Q0 document rank score tag”; it is left out."
            problems.add("lines of another form", where, reason)
            continue
        query = _as_known(fields[0], questions)
        if questions and query not in questions:
            reason = f"there is no question {named(query)}; it is left out."
            problems.add("lines of an unknown question", where, reason)
        elif line.document in found.setdefault(query, {}):
            reason = f"document {named(line.document)} was there already; it is left out."
            problems.add("repeated hits", where, reason)
        else:
            found[query][line.document] = line
            if documents and line.document not in documents:
                reason = (
                    f"the collection has no document {named(line.document)}; the hit keeps its "
                    "place and counts as not judged."
                )
                problems.add("hits of unknown documents", where, reason)
    return {
        query: _ordered(list(hits.values()), query, name, problems)
        for query, hits in found.items()
        if hits
    }


def _line(fields: list[str], number: int, documents: Collection[str]) -> _Line | None:
    if len(fields) != _FIELDS:
        return None
    try:
        score, rank = float(fields[4]), float(fields[3])
    except ValueError:
        return None
    if not math.isfinite(score):
        return None
    whole = int(rank) if math.isfinite(rank) and rank == int(rank) else None
    return _Line(number, _as_known(fields[2], documents), whole, score)


def _as_known(identifier: str, present: Collection[str]) -> str:
    """The id as it stands if it is known, and percent-decoded otherwise."""
    return identifier if identifier in present else unquote(identifier)


def _ordered(hits: list[_Line], query: str, name: str, problems: Problems) -> Scored:
    """Best first; ranks that do not say the same are noted, once for a question."""
    last = len(hits)
    hits = sorted(
        hits, key=lambda hit: (-hit.score, last if hit.rank is None else hit.rank, hit.number)
    )
    ranks = [hit.rank for hit in hits]
    start = 0 if ranks[0] == 0 else 1
    for place, hit in enumerate(hits, start=start):
        if hit.rank != place:
            stated = "no number" if hit.rank is None else f"{hit.rank}"
            reason = (
                f"question {named(query)} has rank {stated} where {place} is due by score; "
                "scores decide."
            )
            problems.add("questions whose ranks have gaps", f"{name}, line {hit.number}", reason)
            break
    return tuple((hit.document, hit.score) for hit in hits)
