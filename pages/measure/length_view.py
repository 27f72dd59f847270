"""How the length of passages bears on each stage, and what another chunk size would change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.measure.knob_view import View, find_answers
from pages.measure.memory import remembered
from pages.measure.questions import Asked, Gathered, gather_one, gathered_set
from pages.measure.scoring import score_now
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.length_scatter import Axis, Named, correlation_text, length_scatter
from pages.parts.evaluation.scoring_work import Scoring, offer_scoring
from pages.parts.looks import STAGE_LOOKS
from pages.parts.safe_text import html_text, one_line
from retrieval.evaluation.legs import PairScores
from retrieval.evaluation.length import Read, Readers, StageLengths, measure_lengths
from retrieval.evaluation.rechunking import SIZES, Rechunked, Sample, rechunk
from retrieval.evaluation.recipes import Recipe
from retrieval.settings import STAGE_ORDER, Chunking
from retrieval.stages.late import Late
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.store import Collection

_AXES: tuple[Axis, ...] = ("rank", "score")
_LONGEST_TITLE = 70


@dataclass(frozen=True, slots=True)
class Found:
    """The questions with their lists, and the candidates' scores as far as they are known.

    Attributes:
        gathered: The questions with their first lists.
        rerank: The reranker's scores by chunk, for each question.
        late: The same of late interaction.
    """

    gathered: Gathered
    rerank: Sequence[Mapping[str, float]]
    late: Sequence[Mapping[str, float]]


def show_lengths(view: View, collection: Collection, query: str, judged: Scoring | None) -> None:
    """The scatter, the stages side by side, and other chunk sizes.

    Args:
        view: What the page was asked to show.
        collection: What is searched.
        query: The question to look at where there is no set.
        judged: The question set, or None.
    """
    scene = view.scene
    found = _one(view, query) if judged is None else _all(view, judged)
    if found is None:
        return
    reads = _reads(view, found)
    readers = Readers.of(scene.snapshot.encoder, scene.asked)
    questions = found.gathered.questions
    scored = [(bool(one.scores), bool(one.late)) for one in reads]
    key = (scene.order_key, scene.asked.candidates, questions, tuple(scored))
    lengths = remembered("lengths", key, lambda: measure_lengths(reads, scene.asked, readers))
    read = sum(all(one) for one in scored)
    if any(any(one) for one in scored) and read < len(questions):
        of = counted(len(questions), "question")
        st.html(f'<p class="sl-quiet">So far both models have read {read} of {of}.</p>')
    _draw_scatter(lengths, reads, questions)
    longest = max((one.query for one in questions), key=len)
    _draw_rechunked(view, collection, longest, readers, len(questions))


def _recipes(view: View) -> tuple[Recipe, Recipe]:
    """The stages whose models read the candidates."""
    return Recipe("rerank", view.scene.asked), Recipe("late", view.scene.asked)


def _one(view: View, query: str) -> Found:
    """One question; its candidates are read now."""
    scene, legs = view.scene, gather_one(view.scene, query)
    made, pool = scene.engine, legs.order(scene.asked)[: scene.asked.candidates]
    late = PairScores(made.models.late(_recipes(view)[1].model), made.cache, scene.snapshot, Late)
    for scores in (late, scene.scores):
        with view.strip.container():
            score_now(scores, legs, pool)
    gathered = Gathered((find_answers(view, query, legs)[1],), (legs,))
    return Found(gathered, [scene.scores.known(legs, pool)], [late.known(legs, pool)])


def _all(view: View, judged: Scoring) -> Found | None:
    """A question set, scored in the background; None while its lists are gathered."""
    rerank, late = _recipes(view)
    scoring = replace(judged, recipes=(rerank, late))
    gathered = gathered_set(scoring, view.strip)
    if gathered is None:
        return None
    with view.strip.container():
        offer_scoring(scoring, "The late and the reranked lists need")
    bench = scoring.bench
    return Found(gathered, bench.scores([rerank]), bench.scores([late]))


def _reads(view: View, found: Found) -> list[Read]:
    """The lists with their texts; a read list counts once all its candidates are scored."""
    scene, gathered = view.scene, found.gathered
    key = (scene.snapshot.key, scene.asked.filter, tuple(one.query for one in gathered.questions))
    ids = dict.fromkeys(chunk_id for legs in gathered.every for chunk_id in legs.documents)
    chunks = remembered("length_chunks", key, lambda: scene.snapshot.chunks(ids))
    reads = []
    for legs, rerank, late in zip(gathered.every, found.rerank, found.late, strict=True):
        own = {chunk_id: chunks[chunk_id] for chunk_id in legs.documents}
        most = min(scene.asked.candidates, len(legs.documents))
        whole = [scores if len(scores) == most else {} for scores in (rerank, late)]
        reads.append(Read(legs, own, *whole))
    return reads


def _draw_scatter(
    lengths: Sequence[StageLengths], reads: Sequence[Read], questions: Sequence[Asked]
) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        stage = st.segmented_control(
            "Stage",
            list(STAGE_ORDER),
            default="rerank" if lengths[-1].points else "dense",
            key="length_stage",
            required=True,
        )
    with right:
        axis = st.segmented_control(
            "Against", list(_AXES), default="rank", key="length_axis", required=True
        )
    chosen = next(one for one in lengths if one.stage == (stage or "dense"))
    right_ones = [{document for document, grade in one.grades if grade > 0} for one in questions]
    named = Named(
        lambda point: _title(reads[point.question], point.chunk_id),
        lambda point: (
            reads[point.question].legs.documents[point.chunk_id] in right_ones[point.question]
        ),
    )
    draw_chart(length_scatter(chosen, axis or "rank", named))
    st.html(stages_html(lengths))


def _title(read: Read, chunk_id: str) -> str:
    chunk = read.chunks[chunk_id]
    return one_line(chunk.title or chunk.document_id, _LONGEST_TITLE)


def stages_html(lengths: Sequence[StageLengths]) -> str:
    """The figures of all stages side by side."""
    heads = "".join(
        f'<th scope="col">{name}</th>'
        for name in (
            "stage",
            "passages",
            "Spearman, length and score",
            "tokens, first ten",
            "tokens, all",
            "not read whole",
            "reads at once",
        )
    )
    body = "".join(
        f'<tr class="sl-stage-{one.stage}"><td><b class="sl-sign">{STAGE_LOOKS[one.stage].icon}'
        f"</b> {STAGE_LOOKS[one.stage].label}</td>{_stage_cells(one)}</tr>"
        for one in lengths
    )
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _stage_cells(one: StageLengths) -> str:
    limit = "everything" if one.limit is None else f"{one.limit} tokens"
    cells = (
        f"{len(one.points):,}",
        correlation_text(one),
        f"{one.leading_tokens:.0f}",
        f"{one.median_tokens:.0f}",
        f"{one.unread:.1%}",
        limit if one.stage != "hybrid" else "–",
    )
    return "".join(f"<td>{cell}</td>" for cell in cells)


def _draw_rechunked(
    view: View, collection: Collection, query: str, readers: Readers, questions: int
) -> None:
    st.subheader("Other chunk sizes", divider="gray")
    snapshot, now = view.scene.snapshot, collection.info.chunking
    sizes = tuple(sorted({*SIZES, now.tokens}))

    def cut() -> tuple[Sample, tuple[Rechunked, ...]]:
        sample = Sample.draw(collection, snapshot)
        return sample, rechunk(sample, query, readers.encoder, readers.reranker, sizes)

    key = (snapshot.key, query, view.scene.asked.reranker)
    with st.spinner("Cutting a sample of the documents …"):
        sample, found = remembered("rechunked", key, cut)
    st.html(rechunked_html(found, len(snapshot), now))
    whose = "the question" if questions == 1 else "the longest of the questions"
    source = (
        f"Told from {len(sample.documents):,} of {counted(sample.of_documents, 'document')}, cut "
        f"as ingestion would; the reranker reads each passage beside {whose}."
    )
    st.html(f'<p class="sl-caption">{html_text(_rechunk_sentence(found, now))} {source}</p>')


def _rechunk_sentence(found: Sequence[Rechunked], now: Chunking) -> str:
    whole = found[0]
    smallest = next(one for one in found if one.tokens is not None)
    return (
        f"Uncut, {whole.encoder_whole:.0%} of the documents could be read whole by the bi-encoder "
        f"and {whole.reranker_whole:.0%} by the reranker; passages of {smallest.tokens} tokens "
        f"would be {smallest.passages:,}, of {now.tokens} as now the share that the reranker reads "
        f"whole is {next(o for o in found if o.tokens == now.tokens).reranker_whole:.0%}."
    )


def rechunked_html(found: Sequence[Rechunked], chunks: int, now: Chunking) -> str:
    """One row a size: how many passages, and which models read them whole."""
    heads = "".join(
        f'<th scope="col">{name}</th>'
        for name in (
            "most tokens",
            "passages",
            "times as many",
            "tokens in the middle",
            "bi-encoder reads whole",
            "reranker reads whole",
        )
    )
    rows = "".join(
        f"<tr><td>{_size(one, now)}</td><td>{one.passages:,}</td>"
        f"<td>{one.passages / max(1, chunks):.2f}</td><td>{one.median_tokens:.0f}</td>"
        f"<td>{one.encoder_whole:.1%}</td><td>{one.reranker_whole:.1%}</td></tr>"
        for one in found
    )
    return (
        f'<div class="sl-table-wrap"><table class="sl-table"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _size(one: Rechunked, now: Chunking) -> str:
    if one.tokens is None:
        return "not cut at all"
    return f"{one.tokens} (as now)" if one.tokens == now.tokens else f"{one.tokens}"
