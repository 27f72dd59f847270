"""Sample collections that are shipped with the code, indexed the first time they are wanted."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from retrieval.errors import CollectionMissingError
from retrieval.ingest.pipeline import ingest
from retrieval.ingest.report import OnProgress
from retrieval.ingest.sources import Found, Role, Source, expand
from retrieval.models.loading import Models
from retrieval.models.protocols import Encoder
from retrieval.settings import DATA_FOLDER
from retrieval.store import Collection, Store


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample collection.

    Attributes:
        id: Name of its folder.
        title: Name of the collection that it becomes.
        description: What is in it, in a sentence or two.
        question: The question to open it with.
        licence: SPDX id of its texts' licence.
        folder: Where it lies.
    """

    id: str
    title: str
    description: str
    question: str
    licence: str
    folder: Path

    def sources(self) -> Iterator[Found]:
        """Its documents, then its questions, and its judgments last."""
        yield from expand([self.folder / "documents"])
        yield from self._part("questions.jsonl", "questions")
        yield from self._part("qrels.tsv", "judgments")

    def _part(self, name: str, role: Role) -> Iterator[Found]:
        for source in expand([self.folder / name]):
            yield replace(source, role=role) if isinstance(source, Source) else source


@cache
def samples(folder: Path = DATA_FOLDER / "collections") -> tuple[Sample, ...]:
    """All sample collections, by id."""
    return tuple(map(_read, sorted(folder.glob("*/collection.toml"))))


def _read(path: Path) -> Sample:
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    names = ("title", "description", "question", "licence")
    return Sample(
        id=path.parent.name, folder=path.parent, **{name: str(fields[name]) for name in names}
    )


def ensure(
    store: Store, encoder: Encoder, sample: Sample, on_progress: OnProgress | None = None
) -> Collection:
    """The collection of a sample, ingested now unless it is there.

    Judgments are read last, so a collection that has some is whole. One that was interrupted is
    completed; one that another encoder made is left as it is.
    """
    try:
        collection = store.open(sample.title)
    except CollectionMissingError:
        collection = store.create(sample.title, encoder)
    info = collection.info
    if info.weights == encoder.weights and not collection.counts().judgments:
        ingest(collection, sample.sources(), encoder, on_progress=on_progress)
    return collection


def open_collection(store: Store, models: Models, name: str) -> Collection:
    """The collection of this name; a sample's title or id makes the sample ready first.

    Raises:
        CollectionMissingError: If there is none, and no such sample either.
    """
    for sample in samples():
        if name in (sample.title, sample.id) and name not in store.names():
            return ensure(store, models.encoder(), sample)
    return store.open(name)
