"""What the page explains, and its explanations: each computed once a process, under a bar."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from retrieval.explain.alignment import Alignment
from retrieval.explain.attribution import Attribution, OnProgress, PairAttribution
from retrieval.explain.explainer import ExplainedStage, Explainer, Passage
from retrieval.explain.gradients import PairCredits
from retrieval.explain.lexical_shares import LexicalShares

Explained = TypeVar("Explained")

NAMES = ("the passage", "the second passage")
_KEPT = 64


@dataclass(frozen=True, slots=True)
class Scene:
    """A question with one passage, or two to compare.

    Attributes:
        explainer: Explains the question's scores.
        passages: The passage, and the second one if there is one.
        slot: Where the progress of long work is shown.
    """

    explainer: Explainer
    passages: tuple[Passage, ...]
    slot: DeltaGenerator

    @property
    def query(self) -> str:
        """The question."""
        return self.explainer.query

    def score(self, stage: ExplainedStage, passage: Passage) -> float:
        """The stage's score of a passage."""
        return self._once((stage, "score", passage), lambda: self.explainer.score(stage, passage))

    def lexical(self, passage: Passage) -> LexicalShares:
        """BM25, term by term."""
        return self._once(("bm25", passage), lambda: self.explainer.lexical(passage))

    def dense(self, passage: Passage) -> Attribution:
        """The cosine, word by word."""
        return self._with_bar(
            ("dense", passage),
            lambda told: self.explainer.dense(passage, told),
            "Encoding {what} without each of its words: {done} of {all}",
        )

    def late(self, passage: Passage) -> Alignment:
        """MaxSim, token by token."""
        return self._once(("late", passage), lambda: self.explainer.late(passage))

    def rerank(self, passage: Passage) -> PairAttribution:
        """The logit, word by word."""
        return self._with_bar(
            ("rerank", passage),
            lambda told: self.explainer.rerank(passage, told),
            "Reading question and {what} without each word: {done} of {all} pairs",
        )

    def gradients(self, passage: Passage) -> PairCredits:
        """The logit, by integrated gradients."""
        pair = self.rerank(passage)
        return self._with_bar(
            ("gradients", passage),
            lambda told: self.explainer.gradients(pair, told),
            "Integrating gradients for {what}: step {done} of at most {all}",
        )

    def _with_bar(
        self, key: tuple[str, Passage], make: Callable[[OnProgress], Explained], words: str
    ) -> Explained:
        what = NAMES[self.passages.index(key[1])]

        def made() -> Explained:
            bar = self.slot.progress(0.0)

            def told(done: int, most: int) -> None:
                bar.progress(min(done / most, 1.0), words.format(what=what, done=done, all=most))

            try:
                return make(told)
            finally:
                self.slot.empty()

        return self._once(key, made)

    def _once(self, key: Hashable, make: Callable[[], Explained]) -> Explained:
        return kept().get((self.explainer.key, key), make)


class Kept:
    """The explanations asked for last; the same question and text are explained once.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int = _KEPT) -> None:
        self._size = size
        self._held: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Explained]) -> Explained:
        """The explanation under a key; two who ask at one time may both compute it."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]  # type: ignore[return-value]  # the key names its kind
        found = make()
        with self._lock:
            self._held[key] = found
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        return found


@st.cache_resource(show_spinner=False)
def kept() -> Kept:
    """The explanations of this process."""
    return Kept()
