"""How many sentences of the sample collections each kind of twin applies to, and how fast.

Run with ``pytest -m benchmark -s tests/benchmarks/test_twins.py``. The sentences are drawn with a
seed (``SECOND_LOOK_TWINS_SEED``, 7 by default); with ``SECOND_LOOK_TWINS_SHOW=100`` so many twins
are printed for a person to judge. Nothing about shares or time is asserted.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections import Counter
from functools import cache

import pytest

from retrieval.contrast.twins import MAX_WORDS, OFFERED, Offers, Twin, offer
from retrieval.contrast.twins.sentences import sentences
from retrieval.ingest.parsers import parser_for
from retrieval.ingest.samples import samples
from retrieval.ingest.sources import Source
from retrieval.types import Document

pytestmark = pytest.mark.benchmark

SEED = int(os.environ.get("SECOND_LOOK_TWINS_SEED", "7"))
SHOWN = int(os.environ.get("SECOND_LOOK_TWINS_SHOW", "0"))
SENTENCES = 200
FEWEST_WORDS = 4


@cache
def pool() -> tuple[tuple[str, int], ...]:
    """Every sentence of four words or more, as its document's text and its number there."""
    found: dict[str, tuple[str, int]] = {}
    for sample in samples():
        for source in sample.sources():
            if not isinstance(source, Source) or source.role != "document":
                continue
            for document in parser_for(source).parse(source):
                if isinstance(document, Document):
                    for sentence in sentences(document.text):
                        if len(sentence.text.split()) < FEWEST_WORDS:
                            continue
                        whole = len(document.text.split()) <= MAX_WORDS
                        place = (document.text, sentence.number) if whole else (sentence.text, 0)
                        found.setdefault(sentence.text, place)
    return tuple(found.values())


def draw(seed: int) -> list[Offers]:
    chosen = random.Random(seed).sample(pool(), SENTENCES)
    return [offer(text, sentence=number) for text, number in chosen]


def best_of_each_kind(offers: list[Offers]) -> list[tuple[Twin, str]]:
    twins = [
        (offers_of_one.of(kind)[0], offers_of_one.sentences[offers_of_one.chosen or 0].text)
        for offers_of_one in offers
        for kind in OFFERED
        if offers_of_one.of(kind)
    ]
    random.Random(SEED).shuffle(twins)
    return twins


def test_how_many_sentences_each_kind_applies_to() -> None:
    offers = draw(SEED)
    counts = {kind: sum(bool(each.of(kind)) for each in offers) for kind in OFFERED}
    rules = Counter(twin.rule for each in offers for twin in each.twins)
    none = sum(not each.twins for each in offers)
    print(
        f"\n{len(pool()):,} sentences in the sample collections; {len(offers)} drawn, seed {SEED}"
    )
    for kind, count in counts.items():
        print(f"  {kind:<10} {count:>4}  {count / len(offers):.0%}")
    print(f"  {'none':<10} {none:>4}  {none / len(offers):.0%}")
    print("  by rule: " + ", ".join(f"{rule} {count}" for rule, count in rules.most_common()))
    for twin, before in best_of_each_kind(offers)[:SHOWN]:
        start = twin.original.index(before)
        behind = len(twin.original) - start - len(before)
        after = twin.text[start : len(twin.text) - behind]
        print(f"\n[{twin.kind} / {twin.rule}]\n  {before}\n  {after}")


def test_how_long_a_sentence_and_a_document_take() -> None:
    texts = [text for text, _ in random.Random(SEED).sample(pool(), 20)]
    offer(texts[0])
    whole, single = [], []
    for text in texts:
        start = time.perf_counter()
        found = offer(text)
        whole.append(1000 * (time.perf_counter() - start))
        start = time.perf_counter()
        offer(text, sentence=found.chosen)
        single.append(1000 * (time.perf_counter() - start))
    one, all_of_them = statistics.median(single), statistics.median(whole)
    print(f"\none sentence {one:.1f} ms, the best of a document {all_of_them:.0f} ms")
