"""Hard negatives and a teacher's order: what BM25 and the encoder take for alike.

A reranker only ever reads what the first stages bring, so it must learn on their mistakes. The
encoder is also the teacher of topics: training on questions and answers alone makes a model forget
which texts are about the same thing, which the encoder it starts from knew.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.errors import StorageError
from retrieval.models.protocols import Encoder, Floats, TokenEncoder
from retrieval.stages.blending import blended_score
from retrieval.stages.late import maxsim
from retrieval.stages.lexical import BM25Index, words
from retrieval.training.groups import Group

Matrix = npt.NDArray[np.float32]

SKIPPED = 4
"""The very first hits are skipped: among them are passages that answer too, and nobody said so."""
DEPTH = 30
"""How deep a wrong passage is looked for."""
TWIN_COSINE = 0.97
"""A passage as close as this to a right one is taken for the same text, and not for a wrong one."""
FARTHEST = 10.0
"""A passage counts as at most so many logits worse than the best of its group: how far off topic it
is beyond that teaches nothing, and would outweigh the rest."""

_CHUNK = 2048
_GRADED_AT_ONCE = 256


class Teacher:
    """The encoder's vectors of many texts, kept in a folder so that a second run has them.

    Args:
        encoder: Makes the vectors.
        folder: Where they are kept; None keeps none.
        report: Told (done, all) texts.
        tokens: Makes the token vectors for late interaction; without it only cosines are given.
        late: Share of MaxSim in a grade, the rest is the cosine. Token by token, the same encoder
            orders passages better than by one vector a text.
    """

    def __init__(
        self,
        encoder: Encoder,
        folder: Path | None = None,
        report: Callable[[int, int], None] = lambda _done, _all: None,
        *,
        tokens: TokenEncoder | None = None,
        late: float = 0.0,
    ) -> None:
        self._encoder = encoder
        self._tokens, self._late = tokens, late if tokens else 0.0
        self._folder = folder
        self._report = report
        self._rows: dict[str, npt.NDArray[np.float16]] = {}

    def learn(self, texts: Iterable[str]) -> None:
        """Make the vectors of those texts that have none yet.

        Raises:
            StorageError: If they cannot be kept.
        """
        fresh = sorted(set(texts) - self._rows.keys())
        for start in range(0, len(fresh), _CHUNK):
            part = fresh[start : start + _CHUNK]
            for text, row in zip(part, self._vectors(part), strict=True):
                self._rows[text] = row
            self._report(min(start + _CHUNK, len(fresh)), len(fresh))

    def _vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        key = hashlib.sha256("\0".join((self._encoder.fingerprint, *texts)).encode()).hexdigest()
        path = None if self._folder is None else self._folder / f"{key[:24]}.npy"
        if path is not None and path.is_file():
            kept: npt.NDArray[np.float16] = np.load(path)
            return kept
        made = self._encoder.encode_documents(texts).astype(np.float16)
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_suffix(".part")
                with partial.open("wb") as stream:
                    np.save(stream, made)
                partial.replace(path)
            except OSError as error:
                raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
        return made

    def matrix(self, texts: Sequence[str]) -> Matrix:
        """Vectors of texts, float32, shape ``(n, dim)``, rows of unit length."""
        return np.stack([self._rows[text] for text in texts]).astype(np.float32)

    def graded(self, groups: Sequence[Group]) -> Iterator[Group]:
        """The groups with the teacher's grade of each pair; neighbours share their passages."""
        self.learn(text for group in groups for pair in group.pairs for text in pair)
        for part, pairs in _parts(groups):
            queries, passages = zip(*pairs, strict=True)
            grades = np.einsum("ij,ij->i", self.matrix(queries), self.matrix(passages))
            if self._tokens is not None and self._late:
                nearness = _maxsims(self._tokens, queries, passages)
                grades = (1 - self._late) * grades + self._late * nearness
            found = dict(zip(pairs, map(float, grades), strict=True))
            for group in part:
                yield replace(group, teacher=tuple(found[pair] for pair in group.pairs))

    def with_late(
        self, groups: Sequence[Group], share: float, temperature: float
    ) -> Iterator[Group]:
        """Groups that a reranker graded, with a share of late interaction in their grades.

        What it gives is what the reranked list shows with that blend. Without token vectors, or a
        share, the groups stay as they are.

        Args:
            groups: Their grades are logits times the temperature.
            share: What late interaction counts, 0..1.
            temperature: What grades are divided by to be logits.
        """
        if self._tokens is None or not share:
            yield from groups
            return
        for part, pairs in _parts(groups):
            maxsims = _maxsims(self._tokens, *zip(*pairs, strict=True))
            near = dict(zip(pairs, map(float, maxsims), strict=True))
            for group in part:
                scores = [
                    blended_score(grade / temperature, near[pair], share)
                    for grade, pair in zip(group.teacher, group.pairs, strict=True)
                ]
                least = max(scores) - FARTHEST
                yield replace(
                    group, teacher=tuple(temperature * max(score, least) for score in scores)
                )


def _parts(groups: Sequence[Group]) -> Iterator[tuple[Sequence[Group], list[tuple[str, str]]]]:
    """Some groups at a time, with their pairs, each once."""
    for start in range(0, len(groups), _GRADED_AT_ONCE):
        part = groups[start : start + _GRADED_AT_ONCE]
        yield part, list(dict.fromkeys(pair for group in part for pair in group.pairs))


def _maxsims(tokens: TokenEncoder, queries: Sequence[str], passages: Sequence[str]) -> Matrix:
    """MaxSim of each query with its passage, float32, shape ``(n,)``."""
    asked = {query: tokens.query_tokens(query) for query in dict.fromkeys(queries)}
    texts = list(dict.fromkeys(passages))
    read: dict[str, Floats] = {}
    for batch in tokens.document_tokens(texts):
        read |= zip((texts[at] for at in batch.indices), batch.values, strict=True)
    return np.array(
        [maxsim(asked[q], read[p]) for q, p in zip(queries, passages, strict=True)],
        dtype=np.float32,
    )


def mined(
    groups: Sequence[Group], teacher: Teacher, rng: random.Random, *, each: int
) -> list[Group]:
    """The groups with wrong passages added that BM25 and the encoder rank high.

    The corpus is all passages of the groups.

    Args:
        groups: Groups of one question each; the teacher knows all their texts.
        teacher: Ranks by cosine.
        rng: Chooses among the deeper hits.
        each: How many are added by each of the two.
    """
    corpus = sorted({passage for group in groups for _, passage in group.pairs})
    vectors, index = teacher.matrix(corpus), BM25Index(tuple(corpus))
    place = {text: row for row, text in enumerate(corpus)}
    found = []
    for group in groups:
        query = group.pairs[0][0]
        right = [p for (_, p), flag in zip(group.pairs, group.relevant, strict=True) if flag]
        held = {passage for _, passage in group.pairs}
        too_close = (vectors @ vectors[[place[text] for text in right]].T).max(axis=1) > TWIN_COSINE
        chosen: dict[str, None] = {}
        for scores in (vectors @ teacher.matrix([query])[0], index.scores(words(query))):
            order = np.argsort(-scores, kind="stable")[:DEPTH]
            hits = [
                corpus[row]
                for row in order[SKIPPED:]
                if not too_close[row] and corpus[row] not in held
            ]
            chosen.update(dict.fromkeys(rng.sample(hits, min(each, len(hits)))))
        found.append(_with_wrong(group, query, list(chosen)))
    return found


def _with_wrong(group: Group, query: str, passages: Sequence[str]) -> Group:
    return replace(
        group,
        pairs=group.pairs + tuple((query, passage) for passage in passages),
        relevant=group.relevant + (False,) * len(passages),
    )
