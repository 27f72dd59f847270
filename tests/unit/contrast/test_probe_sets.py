"""The shipped probe sets keep every rule, and no part of them outweighs the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from retrieval.contrast.phenomena import DOMAINS, PHENOMENA
from retrieval.contrast.probes import Probe, read_probes
from retrieval.contrast.validation import find_faults
from retrieval.ingest.sources import Source
from retrieval.settings import DATA_FOLDER
from retrieval.training.grammar.passages import practice_templates, templates

FILES = sorted((DATA_FOLDER / "probes").glob("*.jsonl"))


def sources() -> list[Source]:
    return [Source(path.name, path.stat().st_size, lambda at=path: at.open("rb")) for path in FILES]


@cache
def items() -> tuple[Probe, ...]:
    return tuple(probe for source in sources() for probe in read_probes(source)[0])


def test_every_row_keeps_every_rule() -> None:
    assert [str(finding) for finding in find_faults(sources())] == []


def test_there_are_at_least_three_hundred_items() -> None:
    assert len(items()) >= 300


def test_no_phenomenon_outweighs_another_by_more_than_a_quarter() -> None:
    counts = Counter(probe.phenomenon for probe in items())

    assert set(counts) == set(PHENOMENA)
    assert min(counts.values()) >= 0.75 * max(counts.values()), counts


@pytest.mark.parametrize("phenomenon", PHENOMENA.values(), ids=lambda phenomenon: phenomenon.id)
def test_every_kind_has_its_share(phenomenon) -> None:
    counts = Counter(probe.kind for probe in items() if probe.phenomenon == phenomenon.id)

    assert set(counts) == set(phenomenon.kinds)
    assert min(counts.values()) >= counts.total() / len(phenomenon.kinds) / 2, counts


def test_each_domain_is_at_least_six_percent() -> None:
    counts = Counter(probe.domain for probe in items())

    assert min(counts[domain] for domain in DOMAINS) >= 0.06 * len(items()), counts


def test_the_readme_counts_the_items_of_each_file() -> None:
    readme = (DATA_FOLDER / "probes" / "README.md").read_text(encoding="utf-8")

    for source in sources():
        assert f"| `{source.name}` | {len(read_probes(source)[0])} |" in readme


def sentences(text: str) -> set[str]:
    return {part.strip().lower() for part in re.split(r"(?<=[.!?])\s+", text) if part.strip()}


def template_texts() -> Iterator[str]:
    """Everything that a template of the grammar says."""
    for row in (*templates("train"), *templates("test")):
        yield from row.values()
    yield from practised_texts()


def practised_texts() -> Iterator[str]:
    """Everything that a template for practice says."""
    for row in practice_templates():
        for pair in (*row["documents"], *row["questions"]):
            yield from pair


def runs_of_words(text: str, count: int) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z][a-z'-]+", text.lower())
    return {tuple(words[at : at + count]) for at in range(len(words) - count + 1)}


def test_no_template_for_practice_shares_six_words_on_end_with_a_probe() -> None:
    practised = {run for text in practised_texts() for run in runs_of_words(text, 6)}
    assert len(practised) > 10_000
    for probe in items():
        for text in (*probe.queries, *probe.texts):
            assert not practised & runs_of_words(text, 6)


def test_no_sentence_of_a_probe_is_in_what_the_reranker_is_trained_on() -> None:
    trained = {one for text in template_texts() for one in sentences(text)}
    assert len(trained) > 3000
    for probe in items():
        for text in (*probe.queries, *probe.texts):
            assert not trained & sentences(text)
