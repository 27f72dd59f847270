"""What judgments of a collection teach: judged passages, and what the first stages bring too.

Qrels are by document and a model reads passages, so of a document with several the one that stands
highest in the question's hybrid list is learned from: it is what a search would show of it. Where a
review judged passages themselves, those are taken.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from retrieval.cascade import Cascade
from retrieval.errors import CollectionError
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.question_sets import QuestionSet
from retrieval.models.protocols import Encoder
from retrieval.settings import SearchSettings
from retrieval.store import Collection
from retrieval.training.examples import Example, Examples, Passage, examples_fingerprint
from retrieval.training.mining import SKIPPED, TWIN_COSINE
from retrieval.training.trial import Trial
from retrieval.types import Question

REACH = 60
"""How deep in the hybrid list a passage is looked for that is taken for wrong."""
MOST_PASSAGES = 4_000
"""Passages that an encoder ranks in the comparison; of more, those near the questions."""
_CHUNKS_OF_A_DOCUMENT = 64

Judged = Mapping[str, tuple[Passage, ...]]
"""Judged passages by question id."""


class JudgedCollection:
    """Questions judged on a collection; satisfies the ``Material`` protocol.

    Args:
        cascade: What searches.
        encoder: The collection's own.
        collection: What is searched.
        asked: The questions with their qrels.
        passages: The judged passages, where passages were judged and not documents.
        tell: Told how many questions were searched, of how many; may raise to stop.

    Raises:
        CollectionError: If the collection is gone.
    """

    def __init__(
        self,
        cascade: Cascade,
        encoder: Encoder,
        collection: Collection,
        asked: QuestionSet,
        *,
        passages: Judged | None = None,
        tell: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        self._encoder, self._collection, self._asked = encoder, collection, asked
        self._snapshot = collection.snapshot()
        self._settings = SearchSettings()
        self._legs: dict[str, Legs] = {}
        for done, question in enumerate(asked.questions):
            tell(done, len(asked.questions))
            self._legs[question.id] = Legs.gather(
                cascade, self._snapshot, question.text, self._settings
            )
        self._orders = {one: legs.order(self._settings) for one, legs in self._legs.items()}
        found = self._judged() if passages is None else dict(passages)
        examples = tuple(
            example
            for one in asked.questions
            if (example := Example(one, found.get(one.id, ()))).answers
        )
        without = len(asked.questions) - len(examples)
        lacking = f"{without} questions have no right passage and teach nothing."
        self.examples = Examples(
            f"{collection.name}: {asked.name}",
            examples,
            examples_fingerprint(examples),
            (lacking, *asked.notes) if without else asked.notes,
        )

    def wrong(
        self, example: Example, barred: frozenset[str], count: int, rng: random.Random
    ) -> list[str]:
        """Passages that the first stages rank high and nobody has judged, the hardest first.

        The very first are skipped: among them are passages that answer too, and nobody said so. So
        are those nearly equal to a right one.

        Args:
            example: The question.
            barred: Documents that may not be read.
            count: How many are wanted.
            rng: Chooses.
        """
        legs = self._legs[example.question.id]
        judged = {one.document for one in example.passages} | barred
        order = self._orders[example.question.id][SKIPPED:REACH]
        free = [one for one in order if legs.documents[one] not in judged]
        chosen = sorted(rng.sample(free, min(count, len(free))), key=free.index)
        texts = [chunk.text for chunk in self._snapshot.chunks(chosen).values()]
        return self._unlike(texts, [one.text for one in example.passages if one.grade > 0])

    def trial(self, held_out: Sequence[Example]) -> Trial:
        """The held-out questions, on what a search with default settings gives a reranker."""
        ids = [one.question.id for one in held_out]
        pools = {one: self._orders[one][: self._settings.candidates] for one in ids}
        wanted, notes = self._ranked(ids, held_out)
        chunks = self._snapshot.chunks(wanted)
        return Trial(
            tuple(one.question for one in held_out),
            {one: self._asked.qrels[one] for one in ids},
            {one: chunk.text for one, chunk in chunks.items()},
            {one: chunk.document_id for one, chunk in chunks.items()},
            pools,
            notes=notes,
        )

    def _ranked(
        self, ids: Sequence[str], held_out: Sequence[Example]
    ) -> tuple[list[str], tuple[str, ...]]:
        """The chunks that an encoder ranks: all, or those near the questions and the answers."""
        if len(self._snapshot) <= MOST_PASSAGES:
            return list(self._snapshot.ids), ()
        near = dict.fromkeys(chunk for one in ids for chunk in self._orders[one])
        answers = {document for one in held_out for document in one.answers}
        snapshot = self._snapshot
        near |= dict.fromkeys(
            chunk_id
            for chunk_id, document in zip(snapshot.ids, snapshot.document_ids, strict=True)
            if document in answers
        )
        note = (
            f"Of {len(self._snapshot):,} passages, an encoder is compared on {len(near):,}: the "
            "first lists of the held-out questions, and all passages of what answers them."
        )
        return list(near), (note,)

    def _judged(self) -> dict[str, tuple[Passage, ...]]:
        return {
            question.id: tuple(self._passages(question, self._asked.qrels[question.id]))
            for question in self._asked.questions
        }

    def _passages(self, question: Question, grades: Mapping[str, int]) -> Iterator[Passage]:
        legs, shown = self._legs[question.id], dict[str, str]()
        for chunk_id in self._orders[question.id]:
            shown.setdefault(legs.documents[chunk_id], chunk_id)
        texts = self._snapshot.chunks(shown[one] for one in grades if one in shown)
        for document, grade in grades.items():
            if document in shown:
                yield Passage(texts[shown[document]].text, grade, document)
            elif text := self._nearest(question, document):
                yield Passage(text, grade, document)

    def _nearest(self, question: Question, document: str) -> str:
        """The passage of a document that neither list has, by its cosine with the question."""
        try:
            chunks = self._collection.document_chunks(document)[:_CHUNKS_OF_A_DOCUMENT]
        except CollectionError:
            return ""
        if not chunks:
            return ""
        vectors = self._encoder.encode_documents([chunk.text for chunk in chunks])
        cosines = vectors @ self._encoder.encode_query(question.text)
        return chunks[int(cosines.argmax())].text

    def _unlike(self, texts: Sequence[str], right: Sequence[str]) -> list[str]:
        if not texts:
            return []
        vectors = self._encoder.encode_documents([*texts, *right])
        close = (vectors[: len(texts)] @ vectors[len(texts) :].T).max(axis=1)
        return [text for text, one in zip(texts, close, strict=True) if one <= TWIN_COSINE]
