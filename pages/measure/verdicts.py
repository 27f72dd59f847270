"""What the knob says, in plain sentences with the numbers."""

from __future__ import annotations

from pages.parts.charts.candidate_curve import Knob
from pages.parts.safe_text import html_text
from retrieval.evaluation.cost import BUDGET, TEXTBOOK, Speed
from retrieval.evaluation.entry import Entry
from retrieval.settings import DEPTH


def strip_html(knob: Knob, remark: str = "", whose: str = "Your answer") -> str:
    """The strip above the charts.

    Args:
        knob: The curve and where the slider stands.
        remark: A further sentence, such as how many questions are still to be scored.
        whose: What the answer is called: marked by a person, or known.
    """
    met = entry_sentence(knob.entry, whose) if knob.entry else ""
    fate = f'<p class="sl-fate">{html_text(met)}</p>' if met else ""
    more = " ".join(part for part in (budget_sentence(knob), remark) if part)
    return (
        '<div class="sl-strip" role="status"><p class="sl-happened">'
        f"<strong>{html_text(shape_sentence(knob))}</strong> "
        f'<span class="sl-quiet">{html_text(here_sentence(knob))}</span></p>{fate}'
        f'<p class="sl-more">{html_text(more)}</p></div>'
    )


def shape_sentence(knob: Knob) -> str:
    """The shape of the curve, its best N and the smallest that will do."""
    reading, measure = knob.reading, knob.measure
    if reading.shape == "stays at 0":
        return f"{measure} stays at 0: no N brings a right document into the first ten."
    lead = f"{measure} {reading.shape}"
    if reading.shape == "falls from the start":
        lead += ", never better than the list without reranking"
    if reading.shape != "saturates":
        lead += f", to {reading.last:.3f} at {DEPTH}"
    near = "" if reading.near == reading.best else f"; {reading.near} are within 1 % of it"
    return f"{lead}. It is best with {reading.best} candidates ({reading.value:.3f}){near}."


def here_sentence(knob: Knob) -> str:
    """The figures where the slider stands."""
    pairs = knob.curve.at(knob.candidates).pairs
    return (
        f"You are at {knob.candidates}: {knob.value(knob.candidates):.3f}, "
        f"{knob.elapsed_ms(knob.candidates):,.0f} ms, {pairs:,.0f} pairs."
    )


def entry_sentence(entry: Entry, whose: str = "Your answer") -> str:
    """From which N the answer is a candidate, and for which N it comes out first."""
    if entry.enters is None:
        return f"{whose} never enters: neither first list has it within {DEPTH}."
    enters = f"{whose} enters at N = {entry.enters}"
    if entry.enters > DEPTH:
        return f"{enters}, beyond the largest N of {DEPTH}: fusion has put it too far down."
    if not entry.first:
        return f"{enters}, and the reranker puts it first at no N."
    if entry.stays_first:
        start = entry.first[0][0]
        at_once = "there" if start == entry.enters else f"N = {start}"
        return f"{enters}, and the reranker puts it first from {at_once} on."
    spans = " and ".join(_span(*span) for span in entry.first)
    end = "; a later candidate passes it" if entry.first[-1][1] < entry.last else ""
    return f"{enters}, and the reranker puts it first for N = {spans}{end}."


def budget_sentence(knob: Knob) -> str:
    """The N that the budget allows on this machine, and what it is spent on."""
    speed, budget = knob.speed, f"{knob.budget_ms:,.0f} ms"
    parts = (
        f"{_ms(speed.vector_ms)} for the question’s vector, {_ms(speed.search_ms)} for the search "
        f"and {_ms(speed.pair_ms)} a pair, measured here"
    )
    if not knob.affordable:
        return f"{budget} allow not one pair: {parts}."
    last = f"N = {knob.affordable}"
    if knob.affordable == DEPTH:
        return f"{budget} allow all {DEPTH} candidates: {parts}."
    return f"{budget} allow {last}, where {knob.measure} is {_at(knob)}: {parts}."


def budget_table_html(speed: Speed, budget_ms: float) -> str:
    """The textbook's 200 ms beside what this machine needs."""
    textbook = BUDGET.default
    left = max(budget_ms - speed.vector_ms - speed.search_ms, 0.0)
    rows = (
        ("the question’s vector", TEXTBOOK.vector_ms, speed.vector_ms),
        ("the search", TEXTBOOK.search_ms, speed.search_ms),
        ("left for the reranker", textbook - TEXTBOOK.vector_ms - TEXTBOOK.search_ms, left),
    )
    body = "".join(
        f"<tr><td>{html_text(name)}</td><td>{preset:,.0f} ms</td><td>{_ms(ours)}</td></tr>"
        for name, preset, ours in rows
    )
    return (
        '<div class="sl-table-wrap"><table class="sl-table"><thead><tr><th scope="col">part</th>'
        f'<th scope="col">textbook, {textbook:,.0f} ms</th>'
        f'<th scope="col">here, of {budget_ms:,.0f} ms</th></tr></thead><tbody>{body}</tbody>'
        f"<tfoot><tr><td>candidates</td><td>{TEXTBOOK.affordable(textbook)}</td>"
        f"<td>{speed.affordable(budget_ms)}</td></tr></tfoot></table></div>"
    )


def _at(knob: Knob) -> str:
    return f"{knob.value(knob.affordable):.3f}"


def _span(start: int, end: int) -> str:
    return f"{start}" if start == end else f"{start} to {end}"


def _ms(value: float) -> str:
    return f"{value:,.1f} ms" if value < 10 else f"{value:,.0f} ms"  # noqa: PLR2004  (one digit)
