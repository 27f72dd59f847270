"""The five lists: a head and one card a hit, as escaped HTML that can be redrawn in place."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from pages.parts.flag_marks import flags_html
from pages.parts.looks import STAGE_LOOKS, UNIT_HELP, short_name, show_score
from pages.parts.passages import ROW_CHARACTERS, snippet_html
from pages.parts.safe_text import html_text, one_line
from retrieval.settings import StageName
from retrieval.types import Chunk, Hit, Ranking, Trace

_GHOSTS = 4


@dataclass(frozen=True, slots=True)
class Marks:
    """Which passages are marked in every list.

    Attributes:
        answer: Chunk that the person called the answer, if any.
        known: Documents known to be right for this question.
    """

    answer: str | None = None
    known: AbstractSet[str] = frozenset()


def list_html(trace: Trace, stage: StageName, marks: Marks) -> str:
    """A stage's head and its hits.

    Args:
        trace: What is known so far.
        stage: The stage; one that has not begun is drawn as waiting.
        marks: What to mark.
    """
    ranking = trace.rankings.get(stage)
    if stage in trace.failed:
        return _section(stage, _plain_head_html(stage, "", "failed", "") + _failed_html())
    if ranking is None:
        return waiting_html(stage)
    hits = ranking.hits[: trace.settings.top]
    head = _head_html(ranking, _reader(trace, stage))
    if not hits and ranking.pending:
        return _section(stage, head + _ghosts_html())
    if not hits:
        return _section(stage, head + _vacant_html(stage))
    scale = _bar_scale(hits)
    cards = "".join(_card_html(trace, ranking, hit, scale, marks) for hit in hits)
    return _section(stage, f'{head}<ol class="sl-list">{cards}</ol>')


def waiting_html(stage: StageName) -> str:
    """A stage that has not begun: its head, and cards of the height that the hits will have."""
    return _section(stage, _plain_head_html(stage, "", "", "") + _ghosts_html())


def tabs_html(stages: tuple[StageName, ...]) -> str:
    """On narrow screens, the choice of the one list that is shown."""
    chosen = stages[-1]
    tabs = "".join(
        f'<input type="radio" name="sl-tab" id="sl-tab-{stage}"'
        f"{' checked' if stage == chosen else ''}>"
        f'<label class="sl-stage-{stage}" for="sl-tab-{stage}">{STAGE_LOOKS[stage].label}</label>'
        for stage in stages
    )
    return f'<div class="sl-tabs" role="radiogroup" aria-label="List shown">{tabs}</div>'


def place_text(chunk: Chunk) -> str:
    """Where a passage stands in its document: page and headings, the title not repeated."""
    page = f"p. {chunk.page}" if chunk.page else ""
    headings = [heading for heading in chunk.heading if heading != chunk.title]
    return " · ".join(part for part in (page, " › ".join(headings)) if part)


def _section(stage: StageName, inside: str) -> str:
    label = STAGE_LOOKS[stage].label
    return (
        f'<section class="sl-stage-{stage}" data-stage="{stage}" aria-label="{label}">'
        f"{inside}</section>"
    )


def _reader(trace: Trace, stage: StageName) -> str:
    """What a stage's head says it reads: its model, where two are compared."""
    shown = trace.settings.shown
    if "dense_2" in shown and stage in {"dense", "dense_2"}:
        return trace.encoder if stage == "dense" else trace.settings.collection_2
    if "rerank_2" in shown and (model := trace.settings.reader(stage)):
        return short_name(model)
    return STAGE_LOOKS[stage].reads


def _head_html(ranking: Ranking, reads: str) -> str:
    scored = len(ranking.hits)
    total = scored + ranking.pending
    if ranking.pending:
        track = (
            f'<div class="sl-track sl-busy" role="progressbar" aria-valuemin="0" '
            f'aria-valuemax="{total}" aria-valuenow="{scored}">'
            f'<i style="width:{100 * scored / total:.1f}%"></i></div>'
        )
        return _plain_head_html(ranking.stage, ranking.unit, f"{scored} of {total} pairs", track)
    said = f"{ranking.cost.elapsed_ms:,.0f} ms · {reads}"
    return _plain_head_html(ranking.stage, ranking.unit, said, "")


def _plain_head_html(stage: StageName, unit: str, reads: str, track: str) -> str:
    look = STAGE_LOOKS[stage]
    track = track or '<div class="sl-track"></div>'
    return (
        f'<header class="sl-head"><div class="sl-name"><span class="sl-icon" aria-hidden="true">'
        f"{look.icon}</span>{look.label}"
        f'<span class="sl-unit" title="{html_text(UNIT_HELP.get(unit, ""))}">{html_text(unit)}'
        f'</span></div><div class="sl-reads" title="{html_text(reads or look.reads)}">'
        f"{html_text(reads or look.reads)}</div>"
        f"{track}</header>"
    )


def _card_html(
    trace: Trace, ranking: Ranking, hit: Hit, scale: tuple[float, float], marks: Marks
) -> str:
    chunk = trace.chunks[hit.chunk_id]
    is_answer = hit.chunk_id == marks.answer
    kinds = "".join(
        name
        for name, holds in (
            (" sl-answer", is_answer),
            (" sl-known", chunk.document_id in marks.known),
        )
        if holds
    )
    return (
        f'<li class="sl-hit{kinds}" data-chunk="{html_text(hit.chunk_id)}" '
        f'data-passage="{html_text(hit.chunk_id)}">'
        f"{_rank_row_html(trace, ranking, hit, scale, is_answer=is_answer)}"
        f'<button type="button" class="sl-title" title="{html_text(chunk.title)}">'
        f"{html_text(one_line(chunk.title or chunk.document_id, 120))}</button>"
        f'<div class="sl-place"><span>{_place_html(chunk, marks)}</span>{_why_html(hit)}'
        f"{_twin_html(hit)}</div>"
        f'<p class="sl-text">{flags_html(trace, hit)}{_text_html(trace, chunk)}</p></li>'
    )


def _text_html(trace: Trace, chunk: Chunk) -> str:
    length = ROW_CHARACTERS // len(trace.settings.shown)
    return snippet_html(trace.query, chunk.text, length)


def _rank_row_html(
    trace: Trace, ranking: Ranking, hit: Hit, scale: tuple[float, float], *, is_answer: bool
) -> str:
    low, high = scale
    width = 100.0 if high <= low else 100 * (hit.score - low) / (high - low)
    score = show_score(hit.score, ranking.unit)
    pressed = "true" if is_answer else "false"
    label = "This is the answer: unmark it" if is_answer else "This is the answer"
    return (
        f'<div class="sl-row"><span class="sl-rank">{hit.rank}</span>'
        f"{_moved_html(trace, ranking.stage, hit)}"
        f'<span class="sl-bar" aria-hidden="true"><i style="width:{width:.1f}%"></i></span>'
        f'<span class="sl-score" title="{html_text(ranking.unit)}">{score}</span>'
        f'<button type="button" class="sl-mark" data-answer="{html_text(hit.chunk_id)}" '
        f'aria-pressed="{pressed}" aria-label="{label}" title="{label}">✓</button></div>'
    )


def _moved_html(trace: Trace, stage: StageName, hit: Hit) -> str:
    """Where the hit stood in the hybrid list, and which way it went."""
    hybrid = trace.rankings.get("hybrid")
    if stage == "hybrid" or hybrid is None:
        return ""
    before = hybrid.find(hit.chunk_id)
    if before is None:
        return '<span class="sl-moved" title="not in the hybrid list">×</span>'
    if before.rank == hit.rank:
        return f'<span class="sl-moved" title="number {hit.rank} in hybrid as well">=</span>'
    arrow, kind = ("↗", " sl-up") if hit.rank < before.rank else ("↘", "")
    words = f"now {hit.rank}, was {before.rank} in hybrid"
    if stage in ("bm25", "dense", "dense_2"):
        words = f"{hit.rank} here, {before.rank} in hybrid"
        kind = ""
    return f'<span class="sl-moved{kind}" title="{words}">{arrow}{before.rank}</span>'


def _place_html(chunk: Chunk, marks: Marks) -> str:
    known = '<b title="known to be right for this question">known answer</b> · '
    where = " · ".join(part for part in (place_text(chunk), chunk.source) if part)
    return (known if chunk.document_id in marks.known else "") + html_text(one_line(where, 140))


def _why_html(hit: Hit) -> str:
    label = "Why this score? Explain it word by word"
    return (
        f'<button type="button" class="sl-why" data-why="{html_text(hit.chunk_id)}" '
        f'aria-label="{label}" title="{label}">Why?</button>'
    )


def _twin_html(hit: Hit) -> str:
    label = "Twin: turn this passage around, and see which stages notice"
    return (
        f'<button type="button" class="sl-why" data-twin="{html_text(hit.chunk_id)}" '
        f'aria-label="{label}" title="{label}">Twin</button>'
    )


def _bar_scale(hits: tuple[Hit, ...]) -> tuple[float, float]:
    """The scores that an empty and a full bar stand for: from the smaller of 0 and the last."""
    return min(0.0, hits[-1].score), max(hits[0].score, 0.0)


def _failed_html() -> str:
    return '<div class="sl-vacant">Its model failed; the line above says why.</div>'


def _ghosts_html() -> str:
    return '<div class="sl-ghost"></div>' * _GHOSTS


def _vacant_html(stage: StageName) -> str:
    reason = {
        "bm25": "No passage shares a word with the question.",
        "dense": "The filter leaves no passage.",
    }.get(stage, "No candidates to look at.")
    return f'<div class="sl-vacant">{reason}</div>'
