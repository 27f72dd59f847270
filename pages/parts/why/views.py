"""Each stage's explanation, drawn for one passage or for two side by side on one scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.parts.looks import STAGE_LOOKS, show_score
from pages.parts.safe_text import html_text
from pages.parts.shaded_words import ShadedText, common_scale, shaded_html, shading_key_html
from pages.parts.why import sentences, tables
from pages.parts.why.late_view import show_late
from pages.parts.why.scene import NAMES, Scene
from retrieval.explain.attribution import Attribution, agreement
from retrieval.explain.explainer import ExplainedStage
from retrieval.explain.kinds import names, negators


def show_stage(scene: Scene, stage: ExplainedStage) -> None:
    """Explain one stage's scores."""
    st.html(
        f'<h2 class="sl-why-title sl-stage-{stage}"><span aria-hidden="true">'
        f"{STAGE_LOOKS[stage].icon}</span> {_TITLES[stage]}</h2>"
        f'<p class="sl-quiet sl-why-lead">{_LEADS[stage]}</p>'
    )
    _VIEWS[stage](scene)


def show_lexical(scene: Scene) -> None:
    """BM25: each term's exact share."""
    sides = [scene.lexical(passage) for passage in scene.passages]
    texts = [ShadedText(s.part.text, s.part.words, s.values, "bm25") for s in sides]
    scale = common_scale(*texts)
    st.html(shading_key_html(scale, "bm25", one_way="raises the score"))
    for place, column in enumerate(st.columns(len(sides), gap="medium")):
        with column:
            _head(place, "bm25", sides[place].score)
            st.html(shaded_html(texts[place], scale, label=f"Shares in {NAMES[place]}"))
            _line(sentences.shares(sides[place], NAMES[place]))
    st.html(tables.term_table_html(sides))


def show_dense(scene: Scene) -> None:
    """The bi-encoder: one word left out at a time."""
    sides = [scene.dense(passage) for passage in scene.passages]
    texts = [_shaded(scene.query, side) for side in sides]
    scale = common_scale(*texts)
    st.html(shading_key_html(scale, "cosine"))
    for place, column in enumerate(st.columns(len(sides), gap="medium")):
        side = sides[place]
        with column:
            _head(place, "cosine", side.score)
            st.html(shaded_html(texts[place], scale, label=f"Contributions in {NAMES[place]}"))
            _line(sentences.turning_words(side, NAMES[place]) + " " + sentences.strongest(side))
            _line(sentences.reconciled(side))
            _line(sentences.reading(side.part, NAMES[place]))
            with st.expander(f"The numbers of {NAMES[place]}"):
                st.html(tables.word_table_html(side))


def show_rerank(scene: Scene) -> None:
    """The cross-encoder: one word left out at a time, of the question and of the passage."""
    sides = [scene.rerank(passage) for passage in scene.passages]
    credited = None
    if st.toggle(
        "Second opinion: integrated gradients",
        key="gradients",
        bind="query-params",
        help="Walks each text from a blank to what it says and adds up what every word changes. "
        "Reads the pair 32 to some hundred times, so it takes seconds.",
    ):
        credited = [scene.gradients(passage) for passage in scene.passages]
    asked = [_shaded(side.passage.part.text, side.question) for side in sides]
    read = [_shaded(scene.query, side.passage) for side in sides]
    scale = common_scale(*asked, *read)
    st.html(shading_key_html(scale, "logit"))
    for place, column in enumerate(st.columns(len(sides), gap="medium")):
        side = sides[place]
        with column:
            _head(place, "logit", side.score)
            label = f"Contributions in the question, beside {NAMES[place]}"
            st.html(shaded_html(asked[place], scale, label=label, short=True))
            st.html(shaded_html(read[place], scale, label=f"Contributions in {NAMES[place]}"))
            _line(sentences.called_out(side, scene.query, NAMES[place]))
            _line(sentences.reconciled(side.passage))
            _line(sentences.reading(side.question.part, "the question"))
            _line(sentences.reading(side.passage.part, NAMES[place]))
            own = None if credited is None else credited[place]
            with st.expander(f"The numbers of {NAMES[place]} and of the question beside it"):
                values = (None, None) if own is None else (own.passage.values, own.question.values)
                st.html(tables.word_table_html(side.passage, values[0], "the passage"))
                st.html(tables.word_table_html(side.question, values[1], "the question"))
    if credited is not None:
        _show_credits(scene)


def _show_credits(scene: Scene) -> None:
    """The second opinion, shaded on a scale of its own, and how far the two agree."""
    sides = [(scene.rerank(passage), scene.gradients(passage)) for passage in scene.passages]
    texts = [
        (
            ShadedText(p.question.part.text, p.question.words, c.question.values, "logit"),
            ShadedText(
                p.passage.part.text,
                p.passage.words,
                c.passage.values,
                "logit",
                end=p.passage.part.end,
            ),
        )
        for p, c in sides
    ]
    scale = common_scale(*(text for pair in texts for text in pair))
    st.html('<h3 class="sl-chart-title">By integrated gradients</h3>')
    st.html(shading_key_html(scale, "logit"))
    for place, column in enumerate(st.columns(len(sides), gap="medium")):
        pair, credited = sides[place]
        with column:
            what = NAMES[place]
            question_label = f"Gradients in the question, beside {what}"
            st.html(shaded_html(texts[place][0], scale, label=question_label, short=True))
            st.html(shaded_html(texts[place][1], scale, label=f"Gradients in {what}"))
            rho = agreement(pair.passage.values, credited.passage.values)
            _line(sentences.agreed(rho, len(pair.passage.values)), key=f"agreement_{place}")
            _line(sentences.completeness(credited.passage, what))
            _line(sentences.completeness(credited.question, "the question"))


def _shaded(other: str, attribution: Attribution) -> ShadedText:
    part = attribution.part
    called = {*negators(part.words), *names(other, part.text, part.words)}
    return ShadedText(
        part.text, part.words, attribution.values, attribution.unit, end=part.end, called=called
    )


def _head(place: int, unit: str, score: float) -> None:
    st.html(
        f'<h3 class="sl-chart-title">{NAMES[place].capitalize()} '
        f'<span class="sl-why-score">{show_score(score, unit)} {unit}</span></h3>'
    )


def _line(sentence: str, key: str = "") -> None:
    if sentence.strip():
        mark = f' data-line="{key}"' if key else ""
        st.html(f'<p class="sl-why-line"{mark}>{html_text(sentence.strip())}</p>')


_VIEWS: Mapping[ExplainedStage, Callable[[Scene], None]] = {
    "bm25": show_lexical,
    "dense": show_dense,
    "late": show_late,
    "rerank": show_rerank,
}
_TITLES: Mapping[ExplainedStage, str] = {
    "bm25": "BM25: shared words, and nothing else",
    "dense": "Bi-encoder: the two vectors meet once",
    "late": "Late interaction: each question token takes its best match",
    "rerank": "Cross-encoder: question and passage are read together",
}
_LEADS: Mapping[ExplainedStage, str] = {
    "bm25": "The score is a sum over the question’s words. A word that many passages have is worth "
    "little, and one that the passage lacks is worth nothing.",
    "dense": "Question and passage were each turned into one vector without sight of the other. A "
    "word’s shade is how much the cosine falls when the word is left out.",
    "late": "Every token keeps a vector of its own. The score is the mean of the best cosine in "
    "each row; where in the passage it was found counts for nothing.",
    "rerank": "A word’s shade is how much the logit falls when it is left out, of the question or "
    "of the passage. Negators and names are bold.",
}
