"""How the length of passages bears on each stage, and what another chunk size would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.measure.knob_view import View, find_answers, measured_speed
from pages.measure.memory import remembered
from pages.measure.questions import Asked, gather, judged_questions
from pages.measure.scoring import Order, all_scored
from pages.parts.charts.frame import draw_chart
from pages.parts.charts.length_scatter import Axis, Named, correlation_text, length_scatter
from pages.parts.errors import show_note
from pages.parts.looks import STAGE_LOOKS
from pages.parts.safe_text import counted, html_text, one_line
from retrieval.errors import QueryError
from retrieval.evaluation.legs import Legs
from retrieval.evaluation.length import Read, Reader, StageLengths, measure_lengths
from retrieval.evaluation.rechunking import SIZES, Rechunked, Sample, rechunk
from retrieval.settings import Chunking

if TYPE_CHECKING:
    from retrieval.store import Collection

_STAGES = ("bm25", "dense", "hybrid", "rerank")
_AXES: tuple[Axis, ...] = ("rank", "score")
_LONGEST_TITLE = 70


def show_lengths(view: View, collection: Collection, query: str | None) -> None:
    """The scatter, the stages side by side, and other chunk sizes.

    Args:
        view: What the page was asked to show.
        collection: What is searched.
        query: The question; None for all judged ones.
    """
    questions = judged_questions(view.known) if query is None else _one(view, query)
    if not questions:
        show_note(
            "This collection has no judged questions.",
            "Add questions with qrels in the Library, or look at one question.",
            view.strip,
        )
        return
    scene = view.scene
    every = gather(scene, questions, view.strip)
    wanted = [(legs, legs.order(scene.asked)[: scene.asked.candidates]) for legs in every]
    pair_ms = measured_speed(scene, every[0]).pair_ms
    purpose = "The reranker’s list needs" if query is not None else "The reranker’s lists need"
    with view.strip.container():
        order = Order("lengths", wanted, purpose, pair_ms, at_once=query is not None)
        all_scored(scene.scores, order)
    reads = _reads(view, questions, every, wanted)
    encoder = Reader.of(scene.snapshot.encoder, "encoder")
    reranker = Reader.of(scene.asked.reranker, "reranker")
    scored = sum(bool(one.scores) for one in reads)
    key = (scene.order_key, scene.asked.candidates, questions, scored)
    lengths = remembered(
        "lengths", key, lambda: measure_lengths(reads, scene.asked, encoder, reranker)
    )
    if 0 < scored < len(questions):
        of = counted(len(questions), "question")
        st.html(f'<p class="sl-quiet">So far {scored} of {of} are reranked.</p>')
    _draw_scatter(lengths, reads, questions)
    longest = max((one.query for one in questions), key=len)
    _draw_rechunked(view, collection, longest, (encoder, reranker), len(questions))


def _one(view: View, query: str) -> tuple[Asked, ...]:
    if not query.strip():
        raise QueryError("The question is empty.", "Type a question, or pick a sample question.")
    (legs,) = gather(view.scene, (Asked.of(query, {}),), view.strip)
    return (find_answers(view, query, legs)[1],)


def _reads(
    view: View,
    questions: tuple[Asked, ...],
    every: Sequence[Legs],
    wanted: Sequence[tuple[Legs, Sequence[str]]],
) -> list[Read]:
    """The lists with their texts; a reranked list counts once all its candidates are scored."""
    scene = view.scene
    key = (scene.snapshot.key, scene.asked.filter, tuple(one.query for one in questions))
    ids = dict.fromkeys(chunk_id for legs in every for chunk_id in legs.documents)
    chunks = remembered("length_chunks", key, lambda: scene.snapshot.chunks(ids))
    found = []
    for legs, pool in wanted:
        known = scene.scores.known(legs, pool)
        own = {chunk_id: chunks[chunk_id] for chunk_id in legs.documents}
        found.append(Read(legs, own, known if len(known) == len(pool) else {}))
    return found


def _draw_scatter(
    lengths: Sequence[StageLengths], reads: Sequence[Read], questions: Sequence[Asked]
) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        stage = st.segmented_control(
            "Stage",
            list(_STAGES),
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
    view: View, collection: Collection, query: str, readers: tuple[Reader, Reader], questions: int
) -> None:
    st.subheader("Other chunk sizes", divider="gray")
    snapshot, now = view.scene.snapshot, collection.info.chunking
    sizes = tuple(sorted({*SIZES, now.tokens}))

    def cut() -> tuple[Sample, tuple[Rechunked, ...]]:
        sample = Sample.draw(collection, snapshot)
        return sample, rechunk(sample, query, *readers, sizes)

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
