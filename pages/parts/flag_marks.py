"""Flags on hits that stand against the question: the mark, the count, and what it is worth."""

from __future__ import annotations

from pages.parts.safe_text import html_text
from retrieval.explain.flag_figures import DOUBT_RERANKER, EVERY, MEASURED, FlagFigures
from retrieval.explain.flags import (
    CLOSE_COSINE,
    RULES,
    WORD_RULES,
    FlagRule,
    count_flags,
    count_opposed,
    hit_flags,
)
from retrieval.types import Hit, Trace
from retrieval.wording import counted


def flags_html(trace: Trace, hit: Hit) -> str:
    """The marks of a hit, one for each rule that fires; empty where none does."""
    return "".join(_mark_html(rule) for rule in hit_flags(trace, hit.chunk_id))


def flag_line(trace: Trace) -> str:
    """How many of the first hits by cosine stand against the question, and by which rules.

    Empty where none does, and where no list is by cosine.
    """
    looked_at, counts = count_flags(trace, trace.settings.top)
    opposed = count_opposed(trace, trace.settings.top)
    first = f"the first {looked_at} by cosine"
    parts = []
    if opposed:
        rules = ", ".join(f"{counts[r]} {RULES[r].counted}" for r in WORD_RULES if counts[r])
        verb = "says" if opposed == 1 else "say"
        parts.append(f"{opposed} of {first} {verb} the opposite, going by words ({rules}).")
    if refused := counts["doubt"]:
        verb = "has" if refused == 1 else "have"
        near = f"{refused} of {first} that {verb} {CLOSE_COSINE} or more"
        parts.append(f"The reranker says no to {near}.")
    return " ".join(parts)


def flag_key_html() -> str:
    """What the flags mean and how far they can be trusted, folded away."""
    rules = "".join(
        f"<li><b>⚠ {text.label}</b>: {html_text(text.help)} {html_text(worth(rule))}</li>"
        for rule, text in RULES.items()
    )
    return (
        '<details class="sl-flag-key"><summary>⚠ stands against the question: how sure?</summary>'
        f"<ul>{rules}</ul><p>Measured on the shipped probe sets, where each wrong passage has a "
        "right one that looks almost the same: firing by chance is right 50 % of the time. A flag "
        "says where to look and decides nothing.</p></details>"
    )


def worth(rule: FlagRule) -> str:
    """The measured precision and recall of a rule in a sentence."""
    figures = MEASURED[rule][EVERY]
    by = "" if rule in WORD_RULES else f", with the reranker {DOUBT_RERANKER[:8]}"
    return f"On {counted(figures.pairs, 'pair')} of passages{by}: {_figures_text(figures)}."


def _mark_html(rule: FlagRule) -> str:
    text = RULES[rule]
    title = html_text(f"{text.help} {worth(rule)}")
    return f'<span class="sl-flag" data-flag="{rule}" title="{title}">⚠ {text.label}</span> '


def _figures_text(figures: FlagFigures) -> str:
    found = f"it finds {figures.recall:.0%} of the wrong ones (recall)"
    if figures.precision is None:
        return f"it never fires, so {found}"
    return f"{figures.precision:.0%} of what it flags is wrong (precision), and {found}"
