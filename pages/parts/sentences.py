"""What happened in a search, in plain sentences with the numbers."""

from __future__ import annotations

from pages.parts.flag_marks import flag_line
from pages.parts.looks import STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.losses import Fate
from retrieval.settings import StageName
from retrieval.types import Trace
from retrieval.wording import counted


def happened(trace: Trace) -> str:
    """One sentence: what the last stage made of the hybrid list."""
    hybrid, rerank = trace.rankings.get("hybrid"), trace.rankings.get("rerank")
    if hybrid is None:
        shown = [STAGE_LOOKS[stage].label for stage in trace.settings.shown]
        return f"{', '.join(shown)} answered."
    if rerank is None:
        fused = counted(len(trace.pool), "candidate")
        return f"{fused} fused from both lists."
    if rerank.pending:
        return (
            f"The reranker has read {len(rerank.hits)} of {counted(len(trace.pool), 'candidate')} …"
        )
    if not rerank.hits:
        return "Nothing was found."
    before = hybrid.find(rerank.hits[0].chunk_id)
    if before is None or before.rank == 1:
        return "The reranker agrees with hybrid’s number 1."
    return f"The reranker put hybrid’s number {before.rank} first."


def spent(trace: Trace) -> str:
    """What the search cost: time, pairs, and how many of them were known."""
    cost = trace.cost
    pairs = trace.rankings.get("rerank")
    parts = [f"{cost.elapsed_ms:,.0f} ms"]
    if pairs is not None:
        total = pairs.cost.pairs_scored + pairs.cost.pairs_cached
        parts.append(f"{counted(total, 'pair')} ({pairs.cost.pairs_cached:,} from cache)")
    if cost.calls:
        parts.append(f"{counted(cost.calls, 'call')} elsewhere")
    if trace.loading_ms:
        parts.append(f"and {sum(trace.loading_ms.values()) / 1000:.1f} s to load models")
    return ", ".join(parts)


def doubts(trace: Trace) -> str:
    """A word of warning where the reranker says no to all that it read."""
    rerank = trace.rankings.get("rerank")
    if rerank is None or rerank.pending or not rerank.hits or rerank.unit != "logit":
        return ""
    if rerank.hits[0].score >= 0:
        return ""
    best = show_score(rerank.hits[0].score, rerank.unit)
    return (
        f"The reranker’s best score is {best} logits, below 0: perhaps nothing here answers this."
    )


def fate_sentence(fate: Fate, *, whose: str = "The answer") -> str:
    """Where the answer stands in each stage, and where it was lost."""
    stands = _stands(fate)
    lost = {
        "never_a_candidate": (
            f"was never a candidate: neither first list has it within {fate.depth}."
        ),
        "fused_out": (
            f"was fused out: number {fate.ranks.get('hybrid') or '–'} of the hybrid list, and the "
            f"reranker reads {fate.candidates}."
        ),
        "buried": (
            f"was buried by the reranker: number {fate.ranks.get('rerank')}, and {fate.top} are "
            "shown."
        ),
        "waiting": "is among the candidates, and not reranked.",
        "found": f"was found: number {fate.ranks.get('rerank')} after reranking.",
    }[fate.outcome]
    return f"{whose} {lost}{stands}"


def strip_html(trace: Trace, fate_line: str = "") -> str:
    """The strip above the lists."""
    fate = f'<p class="sl-fate">{html_text(fate_line)}</p>' if fate_line else ""
    line = flag_line(trace)
    flags = f'<p class="sl-flags">{html_text(line)}</p>' if line else ""
    remarks = " ".join(part for part in (doubts(trace), *trace.notes) if part)
    more = f'<p class="sl-more">{html_text(one_line(remarks))}</p>' if remarks else ""
    return (
        f'<div class="sl-strip" role="status"><p class="sl-happened">'
        f"<strong>{html_text(happened(trace))}</strong> "
        f'<span class="sl-quiet">{html_text(spent(trace))}</span></p>{fate}{flags}{more}</div>'
    )


def _stands(fate: Fate) -> str:
    if not fate.retrieved:
        return ""
    ranks = ", ".join(_stage_rank(stage, rank) for stage, rank in fate.ranks.items())
    return f" It stands at {ranks}."


def _stage_rank(stage: StageName, rank: int | None) -> str:
    return f"{stage} {rank if rank is not None else '–'}"
