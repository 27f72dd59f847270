"""The values that travel from a file to a ranking and up to a picture.

All are frozen: a stage never edits what another stage made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

from retrieval.errors import SecondLookError
from retrieval.fingerprint import fingerprint
from retrieval.settings import SearchSettings, StageName

_NOTHING: Mapping[str, str] = MappingProxyType({})


def text_hash(text: str) -> str:
    """A short, stable name for a text: the first 32 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page or a section begins in a document's text.

    Attributes:
        start: Character offset from which the mark holds, until the next mark.
        page: Page or slide, from 1; None where the format has none.
        heading: The path of headings that leads here, outermost first.
    """

    start: int
    page: int | None = None
    heading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """One uploaded file, or one record of a file of records.

    Attributes:
        id: The file's path inside what was ingested, or the record's own id.
        title: What a person calls it.
        text: All that models may read of it; chunks are cut from this and nothing else.
        source: The file that it came from, as named by the person.
        marks: Pages and headings, in order of ``start``.
        metadata: Further fields, for display and filters.
    """

    id: str
    title: str
    text: str
    source: str
    marks: tuple[Mark, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def fingerprint(self) -> str:
        """Changes when anything that is stored of the document changes."""
        after = (self.source, self.marks)
        return fingerprint((self.id, self.title), self.text, after, sorted(self.metadata.items()))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a document: the unit that is ranked.

    ``document.text[start:end] == text`` always holds, and ``text`` is what the models read.

    Attributes:
        id: Hash of document id, offsets and text.
        document_id: The document that it was cut from.
        ordinal: Its place in the document, from 0.
        text: The passage.
        start: Character offset of its first character in the document's text.
        end: Character offset behind its last character.
        title: The document's title.
        source: The file that the document came from.
        page: Page or slide on which it starts, from 1, or None.
        heading: The path of headings above it, outermost first.
        metadata: The document's further fields.
    """

    id: str
    document_id: str
    ordinal: int
    text: str
    start: int
    end: int
    title: str = ""
    source: str = ""
    page: int | None = None
    heading: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @classmethod
    def cut(
        cls, document: Document, ordinal: int, span: tuple[int, int], mark: Mark | None
    ) -> Chunk:
        """The chunk of a document between two offsets, on the page and under the heading of a mark.

        Args:
            document: The document.
            ordinal: The chunk's place in it, from 0.
            span: Offsets of its first character and behind its last.
            mark: The last mark at or before its start, or None.
        """
        start, end = span
        text = document.text[start:end]
        return cls(
            id=cls.make_id(document.id, start, end, text),
            document_id=document.id,
            ordinal=ordinal,
            text=text,
            start=start,
            end=end,
            title=document.title,
            source=document.source,
            page=mark.page if mark else None,
            heading=mark.heading if mark else (),
            metadata=document.metadata,
        )

    @staticmethod
    def make_id(document_id: str, start: int, end: int, text: str) -> str:
        """The id of the chunk at these offsets; equal texts in two documents stay two chunks."""
        return text_hash(f"{document_id}\x00{start}\x00{end}\x00{text}")[:24]


@dataclass(frozen=True, slots=True)
class Question:
    """A question that came with a collection."""

    id: str
    text: str
    metadata: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Judgment:
    """How well a document answers a question: one line of qrels, 0 for not at all."""

    query_id: str
    document_id: str
    grade: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One place in a ranking: ``rank`` from 1, ``score`` higher is better."""

    rank: int
    score: float
    chunk_id: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage spent on one query.

    Attributes:
        elapsed_ms: Milliseconds of tokenisation, inference and sorting; loading is kept apart.
        forward_passes: Batches that went through a model.
        pairs_scored: Query-passage pairs that a model scored now.
        pairs_cached: Pairs whose score was known already.
        calls: Requests sent to a service elsewhere, those that failed included.
        bytes_sent: Bytes of these requests.
        tokens: Tokens that the service says it counted.
        price: Money, where the service's prices are known.
    """

    elapsed_ms: float = 0.0
    forward_passes: int = 0
    pairs_scored: int = 0
    pairs_cached: int = 0
    calls: int = 0
    bytes_sent: int = 0
    tokens: int = 0
    price: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Cost)))


@dataclass(frozen=True, slots=True)
class Ranking:
    """A stage's hits for one query, best first.

    Attributes:
        stage: The stage that made it.
        unit: Unit of the scores: ``bm25``, ``cosine``, ``rrf``, ``weighted``, ``maxsim``,
            ``logit`` or ``blend``; of a reranker elsewhere ``relevance`` or ``beaten``.
        hits: Best first; ties are ordered by chunk id.
        cost: What it took.
        pending: Candidates that the stage has yet to score; 0 once it is complete.
        notes: Plain sentences about how it came about.
    """

    stage: StageName
    unit: str
    hits: tuple[Hit, ...]
    cost: Cost = Cost()
    pending: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def from_scores(
        cls,
        stage: StageName,
        unit: str,
        scores: Iterable[tuple[str, float]],
        cost: Cost = Cost(),
        pending: int = 0,
        *,
        notes: tuple[str, ...] = (),
    ) -> Ranking:
        """Order ``(chunk id, score)`` pairs: highest score first, ties by chunk id."""
        ordered = sorted(scores, key=lambda pair: (-pair[1], pair[0]))
        hits = tuple(
            Hit(rank, float(score), chunk_id)
            for rank, (chunk_id, score) in enumerate(ordered, start=1)
        )
        return cls(stage, unit, hits, cost, pending, notes)

    def find(self, chunk_id: str) -> Hit | None:
        """The hit of this chunk, or None where the stage did not return it."""
        return next((hit for hit in self.hits if hit.chunk_id == chunk_id), None)

    @property
    def ranks(self) -> dict[str, int]:
        """Rank by chunk id."""
        return {hit.chunk_id: hit.rank for hit in self.hits}


@dataclass(frozen=True, slots=True)
class Trace:
    """All rankings for one query, with the settings, times and costs that made them.

    Attributes:
        query: The question as the models read it.
        collection: Name of the collection.
        version: Version of the collection's chunks that was searched.
        encoder: Id of the encoder.
        settings: What was asked for.
        rankings: By stage, in the order of the cascade; the stages that ran so far.
        chunks: Every chunk that occurs in a ranking's shown part, or in the candidate pool.
        loading_ms: Milliseconds spent on loading and compiling each model for this query.
        notes: Plain sentences about what a reader should know, such as a shortened question.
        failed: The stages that could not rank, each with its reason; the others went on.
    """

    query: str
    collection: str
    version: int
    encoder: str
    settings: SearchSettings
    rankings: Mapping[StageName, Ranking] = field(default_factory=dict)
    chunks: Mapping[str, Chunk] = field(default_factory=dict)
    loading_ms: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    failed: Mapping[StageName, SecondLookError] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every stage that was asked for has ranked all it will rank."""
        return all(
            stage in self.rankings and not self.rankings[stage].pending
            for stage in self.settings.shown
            if stage not in self.failed
        )

    @property
    def pool(self) -> tuple[str, ...]:
        """Chunk ids of the candidates, in hybrid order; empty where no fusion ran."""
        hybrid = self.rankings.get("hybrid")
        if hybrid is None:
            return ()
        return tuple(hit.chunk_id for hit in hybrid.hits[: self.settings.candidates])

    @property
    def cost(self) -> Cost:
        """The sum over all stages."""
        return sum((ranking.cost for ranking in self.rankings.values()), Cost())

    def as_dict(self) -> dict[str, Any]:
        """The trace as plain values for JSON: query, settings, stages and ledger."""
        shown = {s: r for s, r in self.rankings.items() if s in self.settings.shown}
        return {
            "query": self.query,
            "collection": self.collection,
            "version": self.version,
            "encoder": self.encoder,
            "settings": self.settings.as_dict(),
            "stages": {
                stage: {
                    "unit": ranking.unit,
                    "elapsed_ms": ranking.cost.elapsed_ms,
                    "hits": [self._hit_dict(hit) for hit in ranking.hits[: self.settings.top]],
                }
                for stage, ranking in shown.items()
            },
            "ledger": {
                "stages": {stage: asdict(r.cost) for stage, r in self.rankings.items()},
                "total": asdict(self.cost),
                "loading_ms": dict(self.loading_ms),
            },
            "notes": list(self.notes),
        }

    def _hit_dict(self, hit: Hit) -> dict[str, Any]:
        chunk = self.chunks[hit.chunk_id]
        return {
            "rank": hit.rank,
            "score": hit.score,
            "chunk_id": hit.chunk_id,
            "document_id": chunk.document_id,
            "text": chunk.text,
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was left out, and why, in one line."""

    file: str
    reason: str
