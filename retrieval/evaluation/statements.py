"""What a comparison says, in a plain sentence: the same on a page, in a report, on a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from retrieval.evaluation.significance import Comparison

_MOST_NEEDED = 100_000


def leading_sentence(means: Mapping[str, float], measure: str) -> str:
    """Who is first; those whose means cannot be told apart as they are shown share that.

    Args:
        means: By system, its mean.
        measure: What was measured.
    """
    best = f"{max(means.values()):.3f}"
    first = [name for name, mean in means.items() if f"{mean:.3f}" == best]
    if len(first) == 1:
        return f"{first[0]} has the highest {measure}: {best}."
    return f"{', '.join(first[:-1])} and {first[-1]} share the highest {measure}: {best}."


def comparison_sentence(one: Comparison) -> str:
    """Whether a difference is shown; where it is not, what so few questions could have shown."""
    found = one.difference
    differing = one.wins + one.losses
    if not differing:
        return f"{one.a} and {one.b} do equally well on every question."
    if one.is_shown:
        return (
            f"{one.better} is better by {abs(found.mean):.3f} {one.measure}, "
            f"p = {shown_p(one.p_corrected)}."
        )
    if one.too_few:
        return (
            f"Too few questions to say: {one.a} and {one.b} differ on {differing} of {found.n}, "
            f"and whatever had come out, p could not have fallen below .05{_after_correction(one)}."
        )
    return (
        f"No difference between {one.a} and {one.b} is shown (p = {shown_p(one.p_corrected)}). "
        f"With {found.n} questions one of {one.detectable:.3f} would be found four times in five"
        f"{_needed(one)}."
    )


def shown_p(p: float) -> str:
    """A p value with as many digits as it deserves."""
    return f"{p:.3f}" if p >= 0.001 else "below 0.001"  # noqa: PLR2004  (three digits)


def _after_correction(one: Comparison) -> str:
    return f" after correction for {one.family} comparisons" if one.family > 1 else ""


def _needed(one: Comparison) -> str:
    if one.needed is None or one.needed > _MOST_NEEDED:
        return ""
    return f"; one of {abs(one.difference.mean):.3f}, as here, takes about {one.needed:,} questions"
