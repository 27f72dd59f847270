"""The cost page: from the speeds measured here to a corpus of any size, and what to build."""

# ruff: noqa: PLC0415  (the engine's libraries are read after the page has said so)

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.parts.carried_view import carry_view
from pages.parts.errors import clear_errors, show_note
from pages.parts.known_answers import known_answers
from pages.parts.question_bar import open_picked
from pages.parts.resources import Engine, engine, model_options
from pages.parts.safe_text import markdown_text
from retrieval.evaluation.cost import (
    SCALE,
    TEXTBOOK_CORPUS,
    TEXTBOOK_PAIR_MS,
    Corpus,
    Rates,
    Span,
    estimate,
)
from retrieval.settings import PARAMETERS, Parameter, SearchSettings

if TYPE_CHECKING:
    from retrieval.evaluation.machine import Machine, Quality
    from retrieval.store import Collection

BRAND_HTML = (
    '<h1 class="sl-brand">What would my corpus cost?</h1>'
    "<p>From the speeds of this machine to documents by the million.</p>"
)
SHARED = ("collection", "candidates", "reranker")
SCRIPT = "pages/measure/cost.py"
HERE, TEXTBOOK, OWN = "measured here", "textbook: 5–10 ms", "my own"
_OWN_MS = Parameter(
    "pair_ms", "Milliseconds a pair", "One pair in the reranker.", 2.0, 0.001, 100_000.0, 0.1
)
_LONGEST_QUESTION = 200


def show_page() -> None:
    """Draw the page from top to bottom."""
    carry_view(SCRIPT, "documents", SHARED)
    notice = st.container()
    with st.container(key="bar"):
        bar = st.columns([4, 3, 4], vertical_alignment="bottom", gap="small")
    strip = st.empty()
    with clear_errors(strip):
        made = engine(strip)
        with bar[0]:
            collection = open_picked(made, notice, strip)
        if collection is None:
            return
        asked = pick_settings()
        pairs = pick_speed(bar[1], bar[2])
        corpus = read_corpus(asked)
        if not len(collection.snapshot()):
            show_note(
                "This collection is empty.",
                "Nothing can be measured on it: pick another one, or add files in the Library.",
                strip,
            )
            return
        machine, quality = measured(made, collection, asked, strip)
        rates = machine.rates(corpus)
        show_cost(corpus, rates.with_pair_ms(pairs) if pairs else rates, machine, quality, strip)


def pick_settings() -> SearchSettings:
    """Draw N and the reranker at the side."""
    with st.sidebar:
        st.html(BRAND_HTML)
        candidates = _number(PARAMETERS["candidates"])
        rerankers = [card.id for card in model_options("reranker")]
        reranker = st.selectbox("Reranker", rerankers, key="reranker", bind="query-params")
        st.button(
            "Measure again",
            icon=":material/refresh:",
            key="remeasure",
            on_click=_measured.clear,
            help="Times on a shared machine change from minute to minute.",
        )
    return SearchSettings(candidates=int(candidates), reranker=reranker or rerankers[0])


def pick_speed(left: DeltaGenerator, right: DeltaGenerator) -> Span | None:
    """Draw the choice of a pair's time; None for the one that is measured."""
    picked = left.selectbox(
        "Time of a pair",
        [HERE, TEXTBOOK, OWN],
        key="pair_speed",
        bind="query-params",
        help="The textbook's million documents at 5 to 10 ms a pair are 1.5 to 3 hours a question.",
    )
    if picked == OWN:
        with right:
            return Span.at(_number(_OWN_MS))
    right.button(
        "Textbook: a million documents",
        icon=":material/menu_book:",
        key="textbook",
        on_click=_take_textbook,
        help="1,000,000 documents of one passage, at 5 to 10 ms a pair.",
    )
    return TEXTBOOK_PAIR_MS if picked == TEXTBOOK else None


def _take_textbook() -> None:
    st.session_state["pair_speed"] = TEXTBOOK
    st.session_state["documents"] = TEXTBOOK_CORPUS.documents
    st.session_state["chunks_a_document"] = TEXTBOOK_CORPUS.chunks_a_document


def read_corpus(asked: SearchSettings) -> Corpus:
    """Draw the corpus's numbers and read them.

    Raises:
        SettingsError: If an address asks for what is not allowed.
    """
    with st.container(key="corpus"):
        places = st.columns(len(SCALE), vertical_alignment="bottom", gap="small")
    values = {}
    for place, (name, parameter) in zip(places, SCALE.items(), strict=True):
        with place:
            values[name] = _number(parameter)
    return Corpus(candidates=asked.candidates, **values)  # type: ignore[arg-type]


def _number(parameter: Parameter) -> float:
    kind = float if parameter.step < 1 else int
    value = st.number_input(
        parameter.label,
        min_value=kind(parameter.minimum),
        max_value=kind(parameter.maximum),
        value=kind(parameter.default),
        step=kind(parameter.step),
        key=parameter.name,
        help=markdown_text(parameter.help),
        bind="query-params",
    )
    return kind(parameter.default) if value is None else value


def measured(
    made: Engine, collection: Collection, asked: SearchSettings, slot: DeltaGenerator
) -> tuple[Machine, Quality | None]:
    """What this machine needs, measured once for a collection and a reranker, and the quality."""
    with slot.container(), st.spinner("Measuring the speed of this machine …"):
        snapshot = collection.snapshot()
        return (
            _measured(snapshot.key, asked.reranker, made, collection),
            _quality(snapshot.key, asked, made, collection),
        )


@st.cache_resource(show_spinner=False, max_entries=32)
def _measured(snapshot: str, reranker: str, _made: Engine, _collection: Collection) -> Machine:  # noqa: ARG001
    from retrieval.evaluation.legs import Legs
    from retrieval.evaluation.machine import measure_machine

    pinned, asked = _collection.snapshot(), SearchSettings(reranker=reranker)
    questions = known_answers(_collection).questions
    query = questions[0].text if questions else pinned.texts[0][:_LONGEST_QUESTION]
    legs = Legs.gather(_made.cascade, pinned, query, asked)
    return measure_machine(_made.cascade, _made.models, pinned, legs, asked)


@st.cache_data(show_spinner=False, max_entries=32, ttl=60)
def _quality(
    snapshot: str,  # noqa: ARG001
    asked: SearchSettings,
    _made: Engine,
    _collection: Collection,
) -> Quality | None:
    from retrieval.evaluation.legs import PairScores
    from retrieval.evaluation.machine import known_quality

    known, pinned = known_answers(_collection), _collection.snapshot()
    scores = PairScores(_made.models.reranker(asked.reranker), _made.cache, pinned)
    judged = [(q.text, known.judgments[q.id]) for q in known.questions if q.id in known.judgments]
    return known_quality(_made.cascade, pinned, scores, judged, asked)


def show_cost(
    corpus: Corpus, rates: Rates, machine: Machine, quality: Quality | None, strip: DeltaGenerator
) -> None:
    """The advice, the ways side by side, and what all of it is told from."""
    from pages.measure.cost_tables import (
        advice_html,
        index_html,
        reasons_html,
        sources_html,
        ways_html,
    )
    from pages.parts.charts.frame import draw_chart
    from pages.parts.charts.scale_bars import scale_bars
    from retrieval.evaluation.architecture import STAKES, Need, advise

    found = estimate(corpus, rates)
    draw_chart(scale_bars(found))
    st.html(ways_html(found))
    st.subheader("Which architecture?", divider="gray")
    left, right = st.columns([3, 2], vertical_alignment="center", gap="medium")
    with left:
        stakes = st.segmented_control(
            "Stakes",
            list(STAKES),
            default=STAKES[0],
            key="stakes",
            bind="query-params",
            required=True,
            help="What a wrong answer may harm.",
        )
    with right:
        similarity_only = st.toggle(
            "Similarity only",
            key="similarity_only",
            bind="query-params",
            help="Texts are compared, for duplicates or clusters; no question is answered.",
        )
    advice = advise(Need(stakes or STAKES[0], similarity_only), found, quality)
    strip.html(advice_html(advice))
    st.html(reasons_html(advice, has_quality=quality is not None))
    sizes, sources = st.columns(2, gap="large")
    with sizes:
        st.subheader("Index", divider="gray")
        st.html(index_html(found, machine))
    with sources:
        st.subheader("What it is told from", divider="gray")
        st.html(sources_html(rates, machine))


show_page()
