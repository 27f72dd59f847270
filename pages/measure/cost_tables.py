"""The tables of the cost page: each figure says whether it was measured here or assumed."""

from __future__ import annotations

from collections.abc import Sequence

from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.amounts import count_text, size_text, time_text
from retrieval.evaluation.architecture import Advice
from retrieval.evaluation.cost import FLOAT_BYTES, Estimate, Rates
from retrieval.evaluation.machine import Machine

_MEASURED, _ASSUMED, _PARTLY = "measured here", "assumed", "partly assumed"
_WITHIN = {True: "yes", False: "no", None: "at its best"}
_LONGEST_NAME = 60


def advice_html(advice: Advice) -> str:
    """The strip above: what to build."""
    rules = [f"{rule.condition}: {rule.asks_for}" for rule in advice.rules if rule.holds]
    held = "; ".join(rules) if rules else "No rule of thumb holds here."
    return (
        '<div class="sl-strip" role="status"><p class="sl-happened">'
        f"<strong>Build: {html_text(advice.architecture)}.</strong> "
        f'<span class="sl-quiet">{html_text(advice.sentence)}</span></p>'
        f'<p class="sl-more">{html_text(held)}</p></div>'
    )


def ways_html(found: Estimate) -> str:
    """The three ways side by side."""
    rows = [
        (
            way.name,
            f"{way.pairs:,}",
            time_text(way.question_ms),
            _WITHIN[way.within],
            count_text(way.questions_a_day),
            count_text(way.cores),
        )
        for way in found.ways
    ]
    heads = (
        "way",
        "pairs a question",
        "time a question",
        f"within {found.corpus.latency:,.0f} ms",
        f"questions a day on {found.rates.cores} cores",
        "cores needed at the peak",
    )
    return _table(heads, rows)


def reasons_html(advice: Advice, *, has_quality: bool) -> str:
    """The rules, and the figures for and against."""
    rules = _table(
        ("if", "then", "here"),
        [
            (rule.condition, rule.asks_for, "holds" if rule.holds else "does not hold")
            for rule in advice.rules
        ],
        words=True,
    )
    figures = "".join(
        f"<li><b>{'For' if one.speaks_for else 'Against'}:</b> {html_text(one.text)} "
        f'<span class="sl-quiet">{_MEASURED if one.measured else _PARTLY}</span></li>'
        for one in advice.arguments
    )
    missing = (
        ""
        if has_quality
        else '<p class="sl-quiet">What reranking gains on this collection is not known yet: '
        "score its judged questions on the page Candidates, and the figure appears here.</p>"
    )
    return f"{rules}<ul>{figures}</ul>{missing}"


def index_html(found: Estimate, machine: Machine) -> str:
    """Bytes of both kinds of vectors, and the time to make them."""
    chunks = found.corpus.chunks
    each = found.rates.dimension * FLOAT_BYTES
    told = "stored here" if machine.tokens_stored else "from a sample here"
    rows = [
        ("one vector a passage", size_text(each), size_text(found.vector_bytes)),
        (
            f"one vector a token ({told})",
            size_text(found.rates.token_bytes),
            size_text(found.token_bytes),
        ),
        (
            "encoding, once",
            time_text(found.rates.encode_ms),
            time_text(found.encoding_ms),
        ),
        (
            "comparing every vector, a question",
            time_text(found.rates.scan_ms),
            time_text(found.scan_ms),
        ),
    ]
    return _table(("", "a passage", f"all {chunks:,}"), rows)


def sources_html(rates: Rates, machine: Machine) -> str:
    """Each speed with where it comes from."""
    rows = [
        ("the question’s vector", time_text(rates.vector_ms), _source("vector_ms", rates)),
        ("the search", time_text(rates.search_ms), _source("search_ms", rates)),
        ("a pair in the reranker", time_text(rates.pair_ms), _source("pair_ms", rates)),
        ("encoding a passage", time_text(rates.encode_ms), _MEASURED),
        ("passages, peak, questions a day", "as typed", _ASSUMED),
    ]
    name = html_text(one_line(machine.collection, _LONGEST_NAME))
    searched = (
        " A search of so many passages needs an index, and is taken to last as long as the "
        "textbook’s."
        if "search_ms" in rates.assumed
        else ""
    )
    return (
        f"{_table(('part', 'time', 'source'), rows)}"
        f'<p class="sl-quiet">Measured on “{name}” ({machine.chunks:,} passages, '
        f"{machine.chunks_a_document:.1f} a document) with {machine.threads} cores: "
        f"{html_text(', '.join(machine.backends))}.{searched} Cores and questions a day count all "
        "of them as busy, and one question after another.</p>"
    )


def _source(name: str, rates: Rates) -> str:
    return _ASSUMED if name in rates.assumed else _MEASURED


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, words: bool = False) -> str:
    head = "".join(f'<th scope="col">{html_text(one)}</th>' for one in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{html_text(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    kind = "sl-table sl-words" if words else "sl-table"
    return (
        f'<div class="sl-table-wrap"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
