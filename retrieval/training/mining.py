"""Hard negatives and a teacher's order: what BM25 and the encoder take for alike.

A reranker only ever reads what the first stages bring, so it must learn on their mistakes. The
encoder is also the teacher of topics: training on questions and answers alone makes a model forget
which texts are about the same thing, which the encoder it starts from knew.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from retrieval.errors import StorageError
from retrieval.models.protocols import Encoder
from retrieval.stages.lexical import BM25Index, words
from retrieval.training.groups import Group

Matrix = npt.NDArray[np.float32]

SKIPPED = 4
"""The very first hits are skipped: among them are passages that answer too, and nobody said so."""
DEPTH = 30
"""How deep a wrong passage is looked for."""
TWIN_COSINE = 0.97
"""A passage as close as this to a right one is taken for the same text, and not for a wrong one."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_KEYWORDS = 8
_CHUNK = 2048


class Teacher:
    """The encoder's vectors of many texts, kept in a folder so that a second run has them.

    Args:
        encoder: Makes the vectors.
        folder: Where they are kept; None keeps none.
        report: Told (done, all) texts.
    """

    def __init__(
        self,
        encoder: Encoder,
        folder: Path | None = None,
        report: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> None:
        self._encoder = encoder
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

    def graded(self, group: Group) -> Group:
        """The group with the teacher's cosine of each pair."""
        queries, passages = zip(*group.pairs, strict=True)
        cosines = np.einsum("ij,ij->i", self.matrix(queries), self.matrix(passages))
        return replace(group, teacher=tuple(float(value) for value in cosines))


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


def topic_groups(
    passages: Sequence[str], teacher: Teacher, rng: random.Random, *, count: int, size: int
) -> Iterator[Group]:
    """Groups that only the teacher grades: what one text is about, asked for in many forms.

    The questions are made from passages: a sentence, several sentences, or the rarest words.
    Half of a group's passages are near the one the question comes from, half are any others.

    Args:
        passages: Texts of any kind.
        teacher: Knows all of them; learns the questions.
        rng: Chooses.
        count: How many groups.
        size: Passages in each.
    """
    corpus = sorted(set(passages))
    vectors = teacher.matrix(corpus)
    rarity = _rarity(corpus)
    made = [
        (row := rng.randrange(len(corpus)), _as_query(corpus[row], rarity, rng))
        for _ in range(count)
    ]
    teacher.learn(query for _, query in made)
    for row, query in made:
        near = np.argpartition(-(vectors @ vectors[row]), min(DEPTH, len(corpus) - 1))[:DEPTH]
        chosen = {corpus[at] for at in rng.sample(near.tolist(), min(size // 2, len(near)))}
        chosen |= {rng.choice(corpus) for _ in range(size - len(chosen))}
        chosen.discard(query)
        pairs = tuple((query, passage) for passage in sorted(chosen))
        yield teacher.graded(Group("topics", pairs, (False,) * len(pairs)))


def _rarity(corpus: Sequence[str]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for text in corpus:
        for word in set(words(text)):
            counts[word] = counts.get(word, 0) + 1
    return counts


def _as_query(text: str, rarity: Mapping[str, int], rng: random.Random) -> str:
    sentences = [part for part in _SENTENCE.split(text) if len(part.split()) > 3] or [text]
    style = rng.random()
    if style < 0.3:
        rare = sorted(set(words(text)), key=lambda word: (rarity[word], word))[: 2 * _KEYWORDS]
        return " ".join(rng.sample(rare, min(len(rare), rng.randint(2, _KEYWORDS))))
    if style < 0.65:
        return rng.choice(sentences)
    start = rng.randrange(len(sentences))
    return " ".join(sentences[start : start + rng.randint(2, 3)])
