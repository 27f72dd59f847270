"""The four cells of every stage, and the ranks in the collection, as tables."""

from __future__ import annotations

from collections.abc import Iterable

from pages.parts.looks import STAGE_LOOKS, UNIT_HELP, show_score
from pages.parts.safe_text import html_text
from pages.parts.shaded_words import signed
from retrieval.contrast.four_cells import UNITS, FourCells
from retrieval.contrast.ghosts import Encounter
from retrieval.contrast.pairwise import Outcome
from retrieval.settings import StageName


def cells_html(cells: FourCells, names: tuple[str, str]) -> str:
    """Each stage's scores and margins, the control's margin, and whether it passes.

    Args:
        cells: The scores.
        names: What the text that answers the first question and the other one are called.
    """
    questions = ("question", "twin question")[: len(cells.probe.queries)]
    over = "".join(f'<th scope="colgroup" colspan="3">{name}</th>' for name in questions)
    under = "".join(
        f'<th scope="col">{html_text(names[0])}</th><th scope="col">{html_text(names[1])}</th>'
        '<th scope="col">margin</th>'
        for _ in questions
    )
    control = '<th rowspan="2" scope="col">control’s margin</th>' if cells.probe.control else ""
    rows = "".join(_row_html(outcome) for outcome in cells.outcomes)
    return (
        '<div class="sl-table-wrap"><table class="sl-table sl-cells"><thead><tr>'
        f'<th rowspan="2" scope="col">stage</th>{over}{control}'
        f'<th rowspan="2" scope="col">rule</th></tr><tr>{under}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def ranks_html(met: Encounter, names: tuple[str, str]) -> str:
    """Where both texts stand in each stage, and which is first."""
    rows = []
    for stage in met.stages:
        unit = met.trace.rankings[stage].unit
        hits = met.hits(stage)
        ranks = [str(hit.rank) if hit else "not retrieved" for hit in hits]
        scores = [f"{show_score(hit.score, unit)} {unit}" if hit else "–" for hit in hits]
        cells = (ranks[0], scores[0], ranks[1], scores[1], _order_html(met, stage, names))
        rows.append(
            f'<tr class="sl-stage-{stage}" data-ranks="{stage}">{_stage_html(stage, unit)}'
            f"{_cells(cells)}</tr>"
        )
    heads = ("stage", f"rank of {names[0]}", "score", f"rank of {names[1]}", "score", "first")
    head = "".join(f'<th scope="col">{html_text(name)}</th>' for name in heads)
    return (
        '<div class="sl-table-wrap"><table class="sl-table"><thead>'
        f"<tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _row_html(outcome: Outcome) -> str:
    unit = UNITS[outcome.stage]
    values = []
    for row, margin in zip(outcome.scores, outcome.margins, strict=True):
        values += [show_score(row[0], unit), show_score(row[1], unit)]
        values.append(f"<b>{_margin(margin, unit)}</b>")
    if outcome.control_margin is not None:
        values.append(_margin(outcome.control_margin, unit))
    tied = not outcome.passed and min(outcome.margins) == 0
    values.append(_verdict("passes" if outcome.passed else "tied" if tied else "fails"))
    return (
        f'<tr class="sl-stage-{outcome.stage}" data-cells="{outcome.stage}">'
        f"{_stage_html(outcome.stage, unit)}{_cells(values)}</tr>"
    )


def _margin(margin: float, unit: str) -> str:
    return signed(margin, unit) if margin else "tie"


def _stage_html(stage: StageName, unit: str) -> str:
    look = STAGE_LOOKS[stage]
    return (
        f'<th scope="row"><b class="sl-sign" aria-hidden="true">{look.icon}</b>{look.label} '
        f'<span class="sl-quiet" title="{html_text(UNIT_HELP.get(unit, ""))}">{html_text(unit)}'
        "</span></th>"
    )


def _order_html(met: Encounter, stage: StageName, names: tuple[str, str]) -> str:
    """Which of the two stands first in a stage."""
    if stage in met.tied:
        return _verdict("tied")
    if met.hits(stage) == (None, None):
        return "neither"
    behind = stage in met.outranked
    sign, kind = ("✗", "fails") if behind else ("✓", "passes")
    return f'<span class="sl-verdict sl-{kind}">{sign} {html_text(names[behind])}</span>'


def _verdict(kind: str) -> str:
    signs = {"passes": "✓ passes", "fails": "✗ fails", "tied": "= ties"}
    return f'<span class="sl-verdict sl-{kind}">{signs[kind]}</span>'


def _cells(values: Iterable[str]) -> str:
    return "".join(f"<td>{value}</td>" for value in values)
