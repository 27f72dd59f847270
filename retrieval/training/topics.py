"""Topics: what texts without labels teach, with the encoder as the teacher.

Training on questions and answers alone makes a model forget which texts are about the same thing.
So it also reads pools of passages such as a first stage brings, for queries of many kinds made from
the texts themselves, and learns the order that the encoder gives them. Questions that people asked
are read the same way: a reranker that has only seen passages which nearly answer does not know that
one about something else altogether answers less.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.stages.lexical import BM25Index, words
from retrieval.training.groups import Group
from retrieval.training.mining import Teacher

POOL = 40
"""How deep the passages of a group are drawn from, by the encoder and by BM25 each."""

NEAR = 25
"""Of how many passages nearest to a question two are drawn; they may answer it, too."""
FAR = 400
"""Up to here a passage still shares something with the question."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_KEYWORDS = 8
_LONGEST = 90
_KEEPS_OWN = 0.35
_HAS_ANSWER = 0.7
_NEEDS = (
    "I am looking for material on {}.",
    "We need information about {}.",
    "What is known about {}?",
    "Find texts that deal with {}.",
    "I would like to read about {}. Of most interest is how the parts hang together.",
    "The subject is {}. Anything that treats it closely is welcome.",
    "Which works discuss {}, and what do they find?",
    "Please describe {}.",
    "My question concerns {}. General accounts will do, if there is nothing better.",
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text without labels.

    Attributes:
        body: What is read.
        title: What it is called; empty if it has no name.
    """

    body: str
    title: str = ""


def topic_groups(
    source: str,
    texts: Sequence[Text],
    teacher: Teacher,
    rng: random.Random,
    *,
    count: int,
    size: int,
) -> Iterator[Group]:
    """Groups without labels or grades, each a query and passages of its pool.

    Args:
        source: What the groups are called.
        texts: Texts of one kind: the corpus.
        teacher: Draws half of each pool.
        rng: Chooses.
        count: How many groups.
        size: Passages in each.
    """
    titles = {text.body: text.title for text in texts}
    corpus = sorted(titles)
    teacher.learn(corpus)
    vectors, index, rarity = teacher.matrix(corpus), BM25Index(tuple(corpus)), _rarity(corpus)
    places = [rng.randrange(len(corpus)) for _ in range(count)]
    queries = [_query(corpus[row], titles[corpus[row]], rarity, rng) for row in places]
    teacher.learn(queries)
    for row, query in zip(places, queries, strict=True):
        pool: set[int] = set()
        for scores in (vectors @ teacher.matrix([query])[0], index.scores(words(query))):
            pool |= set(np.argsort(-scores, kind="stable")[:POOL].tolist())
        if rng.random() > _KEEPS_OWN:
            pool.discard(row)
        chosen = rng.sample(sorted(pool), min(size - 1, len(pool)))
        chosen.append(rng.randrange(len(corpus)))
        yield _unlabelled(source, query, (corpus[at] for at in chosen))


def asked_groups(
    source: str,
    questions: Sequence[Group],
    corpus: Sequence[str],
    teacher: Teacher,
    rng: random.Random,
    *,
    size: int,
) -> Iterator[Group]:
    """Groups without labels or grades: a question, and passages from near ones to far ones.

    Most have a right passage of the question, the others a wrong one; two are of the nearest, one
    is from farther down, and the rest are any.

    Args:
        source: What the groups are called.
        questions: Groups of one question each.
        corpus: Passages of every kind.
        teacher: Tells which are near.
        rng: Chooses.
        size: Passages in each.
    """
    asked = [group.pairs[0][0] for group in questions]
    teacher.learn((*corpus, *asked))
    vectors = teacher.matrix(corpus)
    for group, query in zip(questions, asked, strict=True):
        order = np.argsort(-(vectors @ teacher.matrix([query])[0]), kind="stable")[:FAR].tolist()
        nearest, farther = order[:NEAR], order[NEAR:]
        places = [
            *rng.sample(nearest, min(2, len(nearest))),
            *rng.sample(farther, min(1, len(farther))),
            *(rng.randrange(len(corpus)) for _ in range(size - 4)),
        ]
        chosen = (_own(group, rng), *(corpus[at] for at in places))
        yield _unlabelled(source, query, chosen[:size])


def _unlabelled(source: str, query: str, passages: Iterable[str]) -> Group:
    pairs = tuple((query, passage) for passage in dict.fromkeys(passages))
    return Group(source, pairs, (False,) * len(pairs))


def _own(group: Group, rng: random.Random) -> str:
    """A right passage of a group, mostly; else a wrong one."""
    wanted = rng.random() < _HAS_ANSWER or all(group.relevant)
    places = [at for at, flag in enumerate(group.relevant) if flag is wanted]
    return group.pairs[rng.choice(places)][1]


def _rarity(corpus: Sequence[str]) -> Mapping[str, int]:
    counts: dict[str, int] = {}
    for text in corpus:
        for word in set(words(text)):
            counts[word] = counts.get(word, 0) + 1
    return counts


def _query(text: str, title: str, rarity: Mapping[str, int], rng: random.Random) -> str:
    """A query of some kind: keywords, a title, a sentence or several, a statement of need."""
    sentences = [part for part in _SENTENCE.split(text) if len(part.split()) > 3] or [text]
    style = rng.random()
    if style < 0.2:
        return " ".join(_rare(text, rarity, rng, rng.randint(2, _KEYWORDS)))
    if title and style < 0.35:
        return title
    if style < 0.55:
        return rng.choice(sentences)
    if style < 0.7:
        return _need(sentences, title or " ".join(_rare(text, rarity, rng, 3)), rng)
    if style < 0.85:
        start = rng.randrange(len(sentences))
        return " ".join(sentences[start : start + rng.randint(2, 3)])
    return " ".join(text.split()[: rng.randint(_LONGEST // 3, _LONGEST)])


def _rare(text: str, rarity: Mapping[str, int], rng: random.Random, most: int) -> list[str]:
    rare = sorted(set(words(text)), key=lambda word: (rarity[word], word))[: 2 * _KEYWORDS]
    return rng.sample(rare, min(len(rare), most))


def _need(sentences: Sequence[str], subject: str, rng: random.Random) -> str:
    stated = rng.choice(_NEEDS).format(subject)
    return f"{stated} {rng.choice(sentences)}" if rng.random() < 0.6 else stated
