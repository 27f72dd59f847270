"""The numbers behind the shading, as tables: the text alternative of every picture on the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pages.parts.looks import STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text, one_line
from pages.parts.shaded_words import signed
from pages.parts.why.sentences import unit_of
from retrieval.explain.alignment import Alignment
from retrieval.explain.attribution import Attribution
from retrieval.explain.explainer import ExplainedStage
from retrieval.explain.lexical_shares import LexicalShares

_CELL_CHARACTERS = 60


def score_table_html(scores: Mapping[ExplainedStage, Sequence[float]]) -> str:
    """Each stage's scores of the passages, and their difference."""
    two = len(next(iter(scores.values()))) > 1
    heads = ["stage", "the passage", *(("the second", "difference") if two else ()), "unit"]
    rows = []
    for stage, values in scores.items():
        look, unit = STAGE_LOOKS[stage], unit_of(stage)
        shown = [show_score(value, unit) for value in values]
        if two:
            shown.append(signed(values[0] - values[1], unit))
        cells = "".join(f"<td>{value}</td>" for value in (*shown, unit))
        rows.append(
            f'<tr class="sl-stage-{stage}" data-scores="{stage}"><td><b class="sl-sign">'
            f"{look.icon}</b> {look.label}</td>{cells}</tr>"
        )
    return _table(heads, rows)


def word_table_html(
    attribution: Attribution, credited: Sequence[float] | None = None, text: str = ""
) -> str:
    """Every word that was left out: its contribution and the score without it.

    Args:
        attribution: The contributions.
        credited: What integrated gradients credit the same words with.
        text: What the words are of, for a second column of that kind.
    """
    unit = attribution.unit
    heads = [f"word of {text}" if text else "word", "contribution", "score without it"]
    heads += ["by gradients"] if credited is not None else []
    rows = []
    for place, word in enumerate(attribution.words):
        cells = [
            html_text(one_line(word.text, _CELL_CHARACTERS)),
            signed(attribution.values[place], unit),
            show_score(attribution.without(place), unit),
        ]
        if credited is not None:
            cells.append(signed(credited[place], unit))
        rows.append(_row(cells))
    foot = [
        _row(["all words", signed(attribution.total, unit)]),
        _row(["shared by words together", signed(attribution.remainder, unit)]),
        _row(["score", show_score(attribution.score, unit)]),
    ]
    return _table(heads, [*rows, *foot])


def match_table_html(sides: Sequence[Alignment]) -> str:
    """Every question token with its best match in each passage."""
    heads = ["question token"]
    for name in ("the passage", "the second passage")[: len(sides)]:
        heads += [f"best match in {name}", "cosine"]
    rows = []
    for place, piece in enumerate(sides[0].query):
        cells = [html_text(piece.label)]
        for side in sides:
            found = side.passage[side.winners[place]].label if side.cosines.size else "–"
            best = f"{side.maxima[place]:.3f}" if side.cosines.size else "–"
            cells += [html_text(one_line(found, _CELL_CHARACTERS)), best]
        rows.append(_row(cells))
    means = ["mean: the score"]
    for side in sides:
        means += ["", f"{side.total:.3f}"]
    return _table(heads, [*rows, _row(means)])


def term_table_html(sides: Sequence[LexicalShares]) -> str:
    """Every term of the question: how rare it is, and its share in each passage."""
    heads = ["word of the question", "in passages"]
    for name in ("the passage", "the second passage")[: len(sides)]:
        heads += [f"times in {name}", "share"]
    rows = []
    for place, term in enumerate(sides[0].terms):
        times = f" × {term.asked}" if term.asked > 1 else ""
        cells = [html_text(one_line(term.text, _CELL_CHARACTERS)) + times, f"{term.passages:,}"]
        for side in sides:
            own = side.terms[place]
            cells += [f"{own.found}", show_score(own.share, "bm25")]
        rows.append(_row(cells))
    foot = ["all: the score", ""]
    for side in sides:
        foot += ["", show_score(side.score, "bm25")]
    return _table(heads, [*rows, _row(foot)])


def _row(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        '<div class="sl-table-wrap sl-tall"><table class="sl-table"><thead>'
        f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
