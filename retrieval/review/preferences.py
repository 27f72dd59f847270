"""Which of two lists people prefer: votes, win rates and a sign test over the questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import Any

from scipy import stats

from retrieval.evaluation.significance import LEVEL, holm
from retrieval.evaluation.statements import shown_p
from retrieval.review.standing import Standing
from retrieval.review.types import PooledSystem
from retrieval.wording import counted


@dataclass(frozen=True, slots=True)
class WinRate:
    """Two systems, side by side.

    Reviewers of one question do not decide independently of each other, so the test counts
    questions: each goes to the system with more votes, and an even one to neither.

    Attributes:
        a: The first system.
        b: The second.
        votes_a: Preferences for the first.
        votes_b: For the second.
        ties: Both alike.
        bad: Both bad.
        questions_a: Questions with more votes for the first.
        questions_b: With more for the second.
        questions_even: With as many for both, or none for either.
        low: Of the 95 % interval (Wilson) of the first system's share of decided questions.
        high: Its upper end.
        p: Of the sign test, two-sided.
        p_corrected: After Holm's correction over all pairs of systems.
    """

    a: str
    b: str
    votes_a: int
    votes_b: int
    ties: int
    bad: int
    questions_a: int
    questions_b: int
    questions_even: int
    low: float
    high: float
    p: float
    p_corrected: float

    @property
    def votes(self) -> int:
        """All that was said."""
        return self.votes_a + self.votes_b + self.ties + self.bad

    @property
    def rate_a(self) -> float:
        """The first system's share of all votes; NaN where there are none."""
        return self.votes_a / self.votes if self.votes else float("nan")

    @property
    def rate_b(self) -> float:
        """The second system's share of all votes; NaN where there are none."""
        return self.votes_b / self.votes if self.votes else float("nan")

    @property
    def sentence(self) -> str:
        """What it comes to, in plain words."""
        decided = self.questions_a + self.questions_b
        if not decided:
            return f"Nobody preferred {self.a} or {self.b} on any question."
        ahead, behind = (
            (self.a, self.b) if self.questions_a >= self.questions_b else (self.b, self.a)
        )
        most = max(self.questions_a, self.questions_b)
        over = f"{most} of {counted(decided, 'decided question')}"
        said = f"{ahead} was preferred to {behind} on {over}"
        if self.questions_a == self.questions_b:
            said = f"{self.a} and {self.b} were each preferred on {over}"
        if self.p_corrected < LEVEL:
            return f"{said}, p = {shown_p(self.p_corrected)}."
        return f"{said}; no preference is shown (p = {shown_p(self.p_corrected)})."

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain values for JSON."""
        rates = {"rate_a": self.rate_a, "rate_b": self.rate_b} if self.votes else {}
        return {**asdict(self), **rates, "sentence": self.sentence}


def win_rates(
    systems: Sequence[PooledSystem], standing: Standing, pairs: dict[str, tuple[str, str]]
) -> tuple[WinRate, ...]:
    """Win rates of every two systems that were compared.

    Args:
        systems: The systems, in order.
        standing: What stands of the events.
        pairs: The two systems of each task.
    """
    found = []
    for a, b in combinations([one.name for one in systems], 2):
        votes: dict[str, list[str]] = {}
        for one in standing.given("prefer"):
            if pairs.get(one.task_id) == (a, b):
                votes.setdefault(one.query_id, []).append(one.choice)
        found.append(_rate(a, b, votes))
    corrected = holm([one.p for one in found])
    return tuple(replace(one, p_corrected=p) for one, p in zip(found, corrected, strict=True))


def _rate(a: str, b: str, votes: dict[str, list[str]]) -> WinRate:
    every = [choice for choices in votes.values() for choice in choices]
    leads = [choices.count("a") - choices.count("b") for choices in votes.values()]
    wins, losses = sum(lead > 0 for lead in leads), sum(lead < 0 for lead in leads)
    decided = wins + losses
    test = stats.binomtest(wins, decided) if decided else None
    low, high = test.proportion_ci(method="wilson") if test else (0.0, 1.0)
    return WinRate(
        a=a,
        b=b,
        votes_a=every.count("a"),
        votes_b=every.count("b"),
        ties=every.count("tie"),
        bad=every.count("bad"),
        questions_a=wins,
        questions_b=losses,
        questions_even=len(leads) - decided,
        low=float(low),
        high=float(high),
        p=float(test.pvalue) if test else 1.0,
        p_corrected=1.0,
    )
