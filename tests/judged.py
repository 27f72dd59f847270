"""A judged collection on tiny models, for tests of what measures systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.evaluation.question_sets import QuestionSet, own_set
from retrieval.evaluation.runs import Scored, by_best_chunk
from retrieval.evaluation.workbench import Workbench
from retrieval.models.loading import Models
from retrieval.settings import Chunking, SearchSettings
from retrieval.store import Collection, Snapshot, Store
from retrieval.types import Chunk, Document, Judgment, Question, Ranking
from tests.tiny import WORDS, save_cross_encoder, save_encoder

DOCUMENTS, CHUNKS_A_DOCUMENT = 80, 3


@dataclass(frozen=True)
class JudgedScene:
    """A collection with several chunks a document, its questions, and all that searches it."""

    store: Store
    models: Models
    cache: Cache
    cascade: Cascade
    collection: Collection
    asked: SearchSettings

    @property
    def questions(self) -> QuestionSet:
        return own_set(
            self.collection.questions(),
            self.collection.judgments(),
            set(self.collection.snapshot().document_ids),
        )

    def bench(self) -> Workbench:
        snapshot = self.collection.snapshot()
        return Workbench(self.cascade, self.models, self.cache, snapshot, self.questions)


def judged_scene(
    store: Store, folder: Path, questions: int = 8, name: str = "judged", home: Path | None = None
) -> JudgedScene:
    """The scene, with models saved under a folder; texts and judgments are seeded."""
    models, cache = Models(), Cache(home)
    encoder_path = str(save_encoder(folder / "encoder"))
    reranker = str(save_cross_encoder(folder / "reranker"))
    collection = _filled(store, models, encoder_path, name)
    asked = [Question(f"q{n}", _text(1000 + n, 0)) for n in range(questions)]
    collection.add_questions(asked)
    generator = np.random.default_rng(5)
    collection.add_judgments(
        Judgment(question.id, f"doc {document:03}", int(generator.integers(4)))
        for question in asked
        for document in generator.choice(DOCUMENTS, size=9, replace=False)
    )
    settings = replace(SearchSettings(), reranker=reranker, late=encoder_path)
    return JudgedScene(store, models, cache, Cascade(models, cache), collection, settings)


def fresh_runs(
    cascade: Cascade, snapshot: Snapshot, questions: Sequence[Question], asked: SearchSettings
) -> dict[str, dict[str, Scored]]:
    """The run of each stage as searches give it, one question after the other."""
    runs: dict[str, dict[str, Scored]] = {stage: {} for stage in asked.stages}
    for question in questions:
        trace = cascade.search(snapshot, question.text, asked)
        for stage in asked.stages:
            runs[stage][question.id] = by_document(trace.rankings[stage], snapshot)
    return runs


def by_document(ranking: Ranking, snapshot: Snapshot) -> Scored:
    """The documents of a ranking of chunks of a collection, each at its best chunk's place."""
    places = ((hit.chunk_id, snapshot.positions[hit.chunk_id]) for hit in ranking.hits)
    return by_best_chunk(ranking, {one: snapshot.document_ids[place] for one, place in places})


def _filled(store: Store, models: Models, encoder_path: str, name: str) -> Collection:
    encoder = models.encoder(encoder_path)
    collection = store.create(name, encoder, Chunking(tokens=16))
    documents, chunks = [], []
    for number in range(DOCUMENTS):
        texts = [_text(number, part) for part in range(CHUNKS_A_DOCUMENT)]
        document = Document(f"doc {number:03}", f"Document {number}", "\n".join(texts), "odd.txt")
        documents.append(document)
        start = 0
        for ordinal, text in enumerate(texts):
            end = start + len(text)
            chunk_id = Chunk.make_id(document.id, start, end, text)
            chunks.append(Chunk(chunk_id, document.id, ordinal, text, start, end))
            start = end + 1
    vectors = encoder.encode_documents([chunk.text for chunk in chunks])
    collection.replace(documents, chunks, vectors)
    return collection


def _text(number: int, part: int) -> str:
    return " ".join(np.random.default_rng((number, part)).choice(WORDS, size=6).tolist())
