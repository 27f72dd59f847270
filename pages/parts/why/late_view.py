"""Late interaction, token by token: the matrix, and what the token that is looked at found."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.parts.charts.frame import draw_chart
from pages.parts.charts.token_matrix import common_cosines, matrix_width, token_matrix
from pages.parts.looks import show_score
from pages.parts.safe_text import html_text, one_line
from pages.parts.shaded_words import ShadedText, shaded_html, shading_key_html
from pages.parts.why import sentences, tables
from pages.parts.why.scene import NAMES, Scene
from retrieval.explain.alignment import Alignment, negator_places
from retrieval.explain.segments import Word


def show_late(scene: Scene) -> None:
    """Draw the stepper, and for each passage its words by one token, its matrix and its matches."""
    sides = [scene.late(passage) for passage in scene.passages]
    if not sides[0].query:
        st.html('<p class="sl-why-line">The question has no token that the model knows.</p>')
        return
    place = _step(scene.query, sides[0])
    scale = common_cosines(sides)
    meaning = f"by its cosine with “{one_line(sides[0].query[place].label, 20)}”, the best framed"
    st.html(shading_key_html(scale[1], "cosine", one_way=meaning))
    for number, column in enumerate(st.columns(len(sides), gap="medium")):
        side, what = sides[number], NAMES[number]
        with column:
            st.html(
                f'<h3 class="sl-chart-title">{what.capitalize()} <span class="sl-why-score">'
                f"{show_score(side.score, 'maxsim')} maxsim</span></h3>"
            )
            text = scene.passages[number].text
            label = f"What {side.query[place].label} meets in {what}"
            st.html(shaded_html(_by_token(text, side, place), scale[1], label=label))
            _line(sentences.matched(side, place), "matched")
            _line(sentences.negator_found(scene.query, text, side, what), "negator")
    _show_matrices(sides, place, scale)
    st.html(tables.match_table_html(sides))


def _show_matrices(sides: Sequence[Alignment], place: int, scale: tuple[float, float]) -> None:
    for number, side in enumerate(sides):
        key, width = f"matrix_{number}", matrix_width(side)
        # A matrix is as wide as its passage is long; it scrolls in its own frame.
        st.html(
            f"<style>.st-key-{key} {{ overflow-x: auto; }} "
            f".st-key-{key} > :has(.stPlotlyChart) {{ flex: none; width: {width}px; }} "
            f".st-key-{key} > :not(:has(.stPlotlyChart)) {{ position: sticky; left: 0; }}</style>"
        )
        title = f"Question tokens × tokens of {NAMES[number]}"
        draw_chart(token_matrix(key, title, side, place, scale))


def _step(query: str, side: Alignment) -> int:
    """The question token to look at: a slider over all of them, and one step to either side."""
    last = len(side.query) - 1
    if st.session_state.get("token", 0) > last:
        st.session_state["token"] = last
    opening = next(iter(negator_places(query, side.query)), 0)
    if not last:
        return 0
    with st.container(key="stepper"):
        back, middle, ahead = st.columns([1, 7, 1], vertical_alignment="bottom", gap="small")
    with middle:
        place = st.select_slider(
            "Question token",
            list(range(last + 1)),
            value=opening,
            format_func=lambda at: f"{at + 1} {one_line(side.query[at].label, 20)}",
            key="token",
        )
    back.button(
        "Previous",
        key="token_back",
        on_click=_move,
        args=(place - 1,),
        disabled=place == 0,
        width="stretch",
    )
    ahead.button(
        "Next",
        key="token_next",
        on_click=_move,
        args=(place + 1,),
        disabled=place == last,
        width="stretch",
    )
    return int(place)


def _move(place: int) -> None:
    st.session_state["token"] = place


def _by_token(text: str, side: Alignment, place: int) -> ShadedText:
    """The passage's tokens by their cosine with one question token, the winner outlined."""
    pieces = [(at, piece) for at, piece in enumerate(side.passage) if piece.end > piece.start]
    winner = side.winners[place] if side.cosines.size else -1
    words = [Word(piece.start, piece.end, text[piece.start : piece.end]) for _, piece in pieces]
    values = [float(side.cosines[place, at]) for at, _ in pieces]
    won = {row for row, (at, _) in enumerate(pieces) if at == winner}
    end = max((word.end for word in words), default=0)
    unread = end if text[end:].strip(" .!?\n") else None
    return ShadedText(text, words, values, "cosine", end=unread, won=won)


def _line(sentence: str, key: str) -> None:
    st.html(f'<p class="sl-why-line" data-line="{key}">{html_text(sentence)}</p>')
