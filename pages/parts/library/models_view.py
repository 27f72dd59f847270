"""Speed and services: what computes here, how fast, what else could, and who is asked elsewhere."""

# ruff: noqa: PLC0415

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.errors import clear_errors, show_note
from pages.parts.library.facts import facts_html, moment_text
from pages.parts.library.models_table import fallbacks_html
from pages.parts.library.services_view import show_services
from pages.parts.resources import Engine
from pages.parts.safe_text import html_text
from retrieval.errors import SettingsError
from retrieval.settings import settings
from retrieval.wording import counted

if TYPE_CHECKING:
    from retrieval.models.loading import Description, Serving
    from retrieval.models.speed import Speed

_VERDICTS = "int8_verdicts"


@st.fragment
def show_models(made: Engine) -> None:
    """A drawer that is filled once it is open: asking some libraries takes seconds."""
    drawer = st.expander(
        "Speed and services", icon=":material/speed:", key="models", on_change="rerun"
    )
    if drawer.open:
        with drawer:
            _show_all(made)


def _show_all(made: Engine) -> None:
    """What serves now, the figures of this machine, the choice, and the ways down."""
    with clear_errors():
        described = made.models.describe()
        st.html(facts_html(_facts(described, _last_speed())))
        for remark in described.remarks:
            show_note(remark)
        _pick(made, described)
        _measure_button(made)
        st.html('<h3 class="sl-chart-title">What could compute here, best first</h3>')
        with st.spinner("Looking at this machine …"):
            table = fallbacks_html(described)
        st.html(table)
        _calibration(made)
        show_services(made)


def _facts(described: Description, speed: Speed | None) -> dict[str, str]:
    """Backend, precision and threads of what is loaded, and the figures measured last."""
    serving = {
        f"{_named(network)} ({_head(network.head)})": _computes(network)
        for network in described.networks
    }
    facts = serving or {"models": "none is loaded yet; the first search loads them"}
    facts["asked for"] = described.asked
    facts["threads"] = str(described.threads)
    return {**facts, **_speed_facts(speed)}


def _named(network: Serving) -> str:
    """What people call a model; of one that has no card, its folder."""
    from retrieval.models.cards import BUILT_IN

    names = {str(card.path): card.label for card in BUILT_IN if card.path and card.kind != "late"}
    return names.get(network.model) or network.model


def _computes(network: Serving) -> str:
    """Its backend and precision, the latter once."""
    if network.precision in network.label:
        return network.label
    return f"{network.label}, {network.precision}"


def _head(head: str) -> str:
    return "encoder" if head == "tokens" else "reranker"


def _speed_facts(speed: Speed | None) -> dict[str, str]:
    if speed is None:
        return {"speed": "not measured yet"}
    by = f"{', '.join(speed.backends)} on {counted(speed.threads, 'thread')}"
    return {
        "encoder": f"{speed.passages_per_second:,.0f} passages a second",
        "reranker": f"{speed.pairs_per_second:,.0f} pairs a second",
        "one question": f"{speed.question_ms:,.1f} ms",
        "against single precision": (
            f"largest difference of a logit {speed.largest_difference:.3f}, "
            f"smallest cosine of a vector {speed.smallest_cosine:.5f}"
        ),
        "measured": f"{moment_text(speed.measured)}, by {by}",
    }


def _last_speed() -> Speed | None:
    from retrieval.models.speed import last_speed

    return last_speed(settings().home)


def _pick(made: Engine, described: Description) -> None:
    """The choice of backend and threads; it holds for everybody who uses this server."""
    from retrieval.models.backends.choice import AUTO, BACKENDS
    from retrieval.models.backends.resources import available_cores

    labels = {AUTO: "The best that works here", **{info.id: info.label for info in BACKENDS}}
    with st.form("models_form", border=False):
        left, right, button = st.columns([5, 2, 2], vertical_alignment="bottom")
        backend = left.selectbox(
            "Backend",
            list(labels),
            index=list(labels).index(described.asked),
            format_func=lambda one: f"{labels[one]} ({one})",
            key="backend",
        )
        threads = right.number_input(
            "Threads",
            1,
            available_cores(),
            min(described.threads, available_cores()),
            key="threads",
        )
        if button.form_submit_button("Use it", type="primary", width="stretch"):
            made.models.configure(str(backend), int(threads))
            st.rerun()
    st.caption(
        "This holds for everybody on this server until it ends. The models are loaded anew at the "
        "next search. SECOND_LOOK_BACKEND and SECOND_LOOK_THREADS keep a choice for good."
    )


def _measure_button(made: Engine) -> None:
    from retrieval.models.speed import keep_speed, measure

    if st.button("Measure the speed", icon=":material/speed:", key="measure_speed"):
        with clear_errors(), st.spinner("Measuring, and comparing with fp32 …", show_time=True):
            keep_speed(settings().home, measure(made.models))
            st.rerun()


def _calibration(made: Engine) -> None:
    """Networks in int8, from the passages of a collection."""
    st.html('<h3 class="sl-chart-title">int8, calibrated on your passages</h3>')
    names = made.store.names()
    if not names:
        show_note("There is no collection to calibrate on.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Collection", names, key="calibrate_on")
        is_wanted = st.button("Calibrate", icon=":material/tune:", key="calibrate")
    if is_wanted:
        st.session_state.pop(_VERDICTS, None)
        with clear_errors(), st.spinner("Calibrating; this takes minutes …", show_time=True):
            st.session_state[_VERDICTS] = _calibrate(made, str(name))
    for sentence in st.session_state.get(_VERDICTS, ()):
        st.html(f'<p class="sl-caption">{html_text(sentence)}</p>')


def _calibrate(made: Engine, name: str) -> tuple[str, ...]:
    try:
        from retrieval.models.calibration import calibrate
    except ImportError as error:
        raise SettingsError("int8 needs openvino, which is not installed.") from error
    texts = made.store.open(name).snapshot().texts
    threads = made.models.describe().threads
    return tuple(one.sentence for one in calibrate(settings().home, name, texts, threads))
