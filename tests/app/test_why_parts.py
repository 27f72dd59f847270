from __future__ import annotations

import re

import numpy as np
import pytest

from pages.parts.charts.token_matrix import common_cosines, matrix_width, token_matrix
from pages.parts.shaded_words import (
    ShadedText,
    common_scale,
    shaded_html,
    shading_key_html,
    signed,
)
from pages.parts.why import sentences, tables
from retrieval.explain.alignment import Alignment
from retrieval.explain.attribution import Attribution, PairAttribution
from retrieval.explain.gradients import Credits
from retrieval.explain.reading import Piece
from retrieval.explain.segments import Part, split_words
from tests.app.conftest import Tags

HOSTILE = '<img src=x onerror="alert(1)"> & <script>'


def shaded(text: str, *values: float, **more: object) -> ShadedText:
    return ShadedText(text, split_words(text), values, "logit", **more)  # type: ignore[arg-type]


def attribution(text: str, *values: float, score: float = 1.0) -> Attribution:
    return Attribution(Part.of(text), "logit", score, score, values)


def aligned(query: str, passage: str, cosines: list[list[float]], score: float = 0.5) -> Alignment:
    def pieces(text: str) -> tuple[Piece, ...]:
        return tuple(Piece(w.text, w.start, w.end, 0) for w in split_words(text))

    return Alignment(pieces(query), pieces(passage), np.array(cosines, np.float32), score)


def test_two_texts_share_one_scale() -> None:
    first, second = shaded("it does not", 0.1, 0.2, 4.0), shaded("it does", -1.0, 2.0)
    scale = common_scale(first, second)

    assert scale == 4.0
    body = shaded_html(second, scale, label="second")
    assert '<mark class="sl-lower" style="--sl-share:25%" title="−1.00 logit">it</mark>' in body
    assert '<mark class="sl-raise" style="--sl-share:50%" title="+2.00 logit">does</mark>' in body


def test_nothing_is_shaded_where_nothing_is_worth_anything() -> None:
    body = shaded_html(shaded("a b", 0.0, 0.0), 0.0, label="none")

    assert "<mark" not in body
    assert ">a b</div>" in body


def test_called_words_are_bold_and_unread_ones_apart() -> None:
    text = "not read beyond"
    body = shaded_html(
        ShadedText(text, split_words(text)[:1], (0.0,), "logit", end=8, called={0}, won={0}),
        1.0,
        label="x",
    )

    assert 'class="sl-raise sl-faint sl-called sl-won"' in body
    assert '<span class="sl-unread" title="not read by the model"> beyond</span>' in body


def test_a_hostile_text_is_escaped_everywhere() -> None:
    words = split_words(HOSTILE)
    body = shaded_html(ShadedText(HOSTILE, words, [1.0] * len(words), "logit"), 1.0, label=HOSTILE)
    body += tables.word_table_html(attribution(HOSTILE, *[1.0] * len(words)))
    alignment = aligned("src", "script", [[0.5]])
    body += tables.match_table_html([alignment])

    tags = Tags(body)
    assert tags.harmless
    assert tags.names <= {"div", "mark", "span", "table", "thead", "tbody", "tr", "th", "td"}


def test_the_legend_names_both_ends_with_the_unit() -> None:
    both = shading_key_html(6.5, "logit")

    assert "−6.50" in both
    assert "+6.50 logit" in both
    assert "lowers" not in shading_key_html(2.0, "bm25", one_way="raises the score")


def test_a_value_has_a_sign_and_the_decimals_of_its_unit() -> None:
    assert signed(1.234, "logit") == "+1.23"
    assert signed(-0.5, "cosine") == "−0.500"


def test_the_headline_says_who_is_ahead_in_which_stage() -> None:
    told = sentences.headline(
        {"bm25": (2.0, 2.0), "dense": (0.5, 0.6), "rerank": (4.0, -1.5), "late": (0.2, 0.3)}
    )

    assert told == (
        "The passage is ahead in Reranked (by 5.50); the second passage is ahead in Bi-encoder "
        "(by 0.100) and Late (by 0.100); neither is ahead in BM25."
    )


def test_the_sum_reconciles_in_words() -> None:
    told = sentences.reconciled(attribution("it does not", 0.5, -0.25, 2.0, score=1.0))

    assert told == (
        "The contributions of 3 words add up to +2.25. The score is 1.00; the other −1.25 is "
        "shared by words together."
    )


def test_negators_and_names_are_called_out_once_each() -> None:
    pair = PairAttribution(
        attribution("Does Ostrel not pay", 0.0, 0.5, -1.0, 0.1),
        attribution("Ostrel does not pay, not Veskar", 0.2, 0.0, 3.0, 0.1, 1.0, -0.4),
    )

    told = sentences.called_out(pair, "Does Ostrel not pay", "the passage")

    assert "Negators in the question: “not” −1.00 (without it 2.00)." in told
    assert "Negators in the passage: “not” +3.00 (without it −2.00)." in told
    assert "Names in the passage: “Veskar” −0.40 (without it 1.40), “Ostrel” +0.20" in told
    assert "“not” +3.00 (without it −2.00) raises it most" in told


def test_a_long_text_says_what_is_read() -> None:
    part = Part.of("word " * 5_000, end=2_000)

    told = sentences.reading(part, "the passage")

    assert "reads the first 400 of the 5,000 words" in told
    assert "up to the 256th" in told
    assert sentences.reading(Part.of("short"), "the passage") == ""


@pytest.mark.parametrize(
    ("rho", "told"), [(0.9, "agree well"), (0.5, "in part"), (-0.2, "hardly agree"), (None, "few")]
)
def test_agreement_is_put_in_words(rho: float | None, told: str) -> None:
    assert told in sentences.agreed(rho, 5)


def test_completeness_names_what_is_missing() -> None:
    told = sentences.completeness(Credits(3.0, 1.0, (1.0,), 0.5, 32), "the passage")

    assert "+2.00" in told
    assert "+1.50, 0.500 off, where 0.050 is allowed: not complete after 32 steps" in told


def test_what_a_negator_found_or_how_it_was_overlooked() -> None:
    asked = aligned("not safe", "never safe", [[0.6, 0.1], [0.2, 0.9]])
    plain = aligned("is safe", "not safe", [[0.1, 0.3], [0.2, 0.9]])

    assert sentences.negator_found("not safe", "never safe", asked, "the passage") == (
        "In the passage, the question’s negator “not” finds “never” (cosine 0.600)."
    )
    assert "it never enters the sum" in sentences.negator_found(
        "is safe", "not safe", plain, "the passage"
    )
    assert "Neither" in sentences.negator_found("is safe", "a b", plain, "the passage")


def test_the_matrix_frames_each_winner_on_common_colours() -> None:
    first = aligned("a b", "c d", [[0.1, 0.8], [0.5, 0.2]])
    second = aligned("a b", "c", [[0.95], [-0.2]])
    scale = common_cosines([first, second])
    chart = token_matrix("m", "Title", first, 1, scale)

    heat, *frames = chart.figure.data
    assert (heat.zmin, heat.zmax) == pytest.approx((-0.2, 0.95))
    assert {(x, y) for frame in frames for x, y in zip(frame.x, frame.y, strict=True)} == {
        (1, 0),
        (0, 1),
    }
    assert re.search(r"mean is the score, 0\.650", chart.caption)
    assert matrix_width(first) < matrix_width(aligned("a", "c " * 60, [[0.0] * 60]))


def test_the_matrix_escapes_its_labels() -> None:
    alignment = Alignment(
        (Piece("<b>x", 0, 1, 0),), (Piece("<i>y", 0, 1, 0),), np.ones((1, 1), np.float32), 1.0
    )

    spec = token_matrix("m", "Title", alignment, 0, (0.0, 1.0)).figure.to_json()

    assert "<b>" not in spec
    assert "<i>" not in spec
