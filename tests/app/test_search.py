from __future__ import annotations

import html
import re
from collections import Counter

import pytest

from retrieval.settings import FUSIONS, PARAMETERS, STAGE_ORDER
from tests.app.conftest import Open, Tags, html_of, list_of, moving_charts, notices

QUESTION = "Which allergy medicine does not cause drowsiness?"
KEYS = (
    "collection",
    "query",
    *PARAMETERS,
    "fusion",
    "encoder",
    "reranker",
    "stages",
    "filter",
    "answer",
)


def hits_in(body: str) -> list[str]:
    return re.findall(r'data-chunk="([0-9a-f]{24})"', body)


def test_the_first_start_shows_five_lists_and_charts_without_a_click(open_app: Open) -> None:
    app = open_app()
    assert not app.exception
    assert app.text_input(key="query").value == QUESTION
    for stage in STAGE_ORDER:
        assert len(hits_in(list_of(app, stage))) == PARAMETERS["top"].default
    assert len(moving_charts(app)) == 4
    assert "sl-strip" in html_of(app)
    assert not notices(app)


@pytest.mark.parametrize("key", KEYS)
def test_each_control_has_the_key_that_addresses_use(open_app: Open, key: str) -> None:
    app = open_app(candidates="10")
    assert app.get_by_key(key) is not None


@pytest.mark.parametrize("name", PARAMETERS)
def test_sliders_have_the_bounds_of_the_engine(open_app: Open, name: str) -> None:
    app, parameter = open_app(candidates="10"), PARAMETERS[name]
    slider = app.slider(key=name)
    assert (slider.min, slider.max) == (parameter.minimum, parameter.maximum)
    assert slider.label == parameter.label


def test_an_address_reproduces_a_view(open_app: Open) -> None:
    app = open_app(
        query="aloe for burns",
        candidates="12",
        top="3",
        fusion="weighted",
        alpha="0.25",
        stages=["bm25", "rerank"],
    )
    assert app.text_input(key="query").value == "aloe for burns"
    assert app.slider(key="candidates").value == 12
    assert app.slider(key="alpha").value == 0.25
    assert app.get_by_key("fusion").value == "weighted"
    assert len(hits_in(list_of(app, "bm25"))) == 3
    assert 'data-stage="dense"' not in html_of(app)


def test_a_moved_slider_keeps_what_it_does_not_touch(open_app: Open) -> None:
    app = open_app(candidates="10")
    before = hits_in(list_of(app, "bm25"))
    app.slider(key="candidates").set_value(15).run()
    assert not app.exception
    assert hits_in(list_of(app, "bm25")) == before
    assert len(hits_in(list_of(app, "rerank"))) == 10


@pytest.mark.parametrize("fusion", FUSIONS)
def test_only_the_parameter_of_the_chosen_fusion_can_be_moved(open_app: Open, fusion: str) -> None:
    app = open_app(candidates="10", fusion=fusion)
    assert app.slider(key="rrf_k").disabled == (fusion != "rrf")
    assert app.slider(key="alpha").disabled == (fusion != "weighted")


def test_a_blended_list_says_what_its_scores_are(open_app: Open) -> None:
    app = open_app(candidates="10", blend="0.5")
    assert not app.exception
    assert app.slider(key="blend").value == 0.5
    assert "blend" in list_of(app, "rerank")
    assert "below 0: perhaps nothing here answers" not in html_of(app)


def test_a_sample_question_is_asked_when_it_is_picked(open_app: Open) -> None:
    app = open_app(candidates="10")
    sample = app.selectbox(key="sample")
    sample.set_value(sample.options[2]).run()
    assert app.text_input(key="query").value == sample.options[2]
    assert app.selectbox(key="sample").value is None


def test_the_known_answer_has_a_fate_without_a_click(open_app: Open) -> None:
    assert "The known answer was found: number 1 after reranking." in html_of(open_app())


def test_a_marked_answer_is_followed_through_all_stages(open_app: Open) -> None:
    app = open_app()
    answer = hits_in(list_of(app, "rerank"))[2]
    app.session_state["answer"] = answer
    app.run()
    assert re.search(
        r"The answer was found: number 3 after reranking. It stands at bm25 \S+, dense \d+, "
        r"hybrid \d+, late \d+, rerank 3\.",
        html_of(app),
    )
    assert f'data-answer="{answer}" aria-pressed="true"' in list_of(app, "rerank")


def test_an_answer_outside_the_pool_was_fused_out(open_app: Open) -> None:
    app = open_app(candidates="5", top="50")
    answer = hits_in(list_of(app, "hybrid"))[20]
    app.session_state["answer"] = answer
    app.run()
    assert "The answer was fused out: number 21 of the hybrid list" in html_of(app)


def test_an_address_may_name_an_answer_that_is_in_no_list(open_app: Open) -> None:
    app = open_app(candidates="10", answer="0" * 24)
    assert not app.exception
    assert "is not in this collection" in html_of(app)


@pytest.mark.parametrize("question", ["", "   "])
def test_an_empty_question_gets_one_line(open_app: Open, question: str) -> None:
    app = open_app(candidates="10")
    app.text_input(key="query").set_value(question).run()
    assert not app.exception
    (notice,) = notices(app)
    assert "The question is empty." in notice
    assert "sl-error" not in notice


def test_a_question_of_ten_thousand_words_gets_one_line(open_app: Open) -> None:
    app = open_app(candidates="10")
    app.text_input(key="query").set_value("word " * 10_000).run()
    assert not app.exception
    (notice,) = notices(app)
    assert "10,000 words" in notice


def test_a_collection_that_is_not_there_gets_one_line_and_another_view(open_app: Open) -> None:
    app = open_app(collection="gone'; --", candidates="10")
    assert not app.exception
    (notice,) = notices(app)
    assert html.escape("There is no collection “gone'; --”.") in notice
    assert hits_in(list_of(app, "bm25"))


def test_no_stage_gets_one_line(open_app: Open) -> None:
    app = open_app(candidates="10")
    app.get_by_key("stages").set_value([]).run()
    assert not app.exception
    (notice,) = notices(app)
    assert "No stage was chosen." in notice


def test_words_that_nothing_shares_leave_a_designed_empty_list(open_app: Open) -> None:
    app = open_app(query="zzyzx qwertyuiop", candidates="10")
    assert "No passage shares a word with the question." in list_of(app, "bm25")
    assert hits_in(list_of(app, "dense"))


def test_markup_in_a_question_is_shown_and_not_obeyed(open_app: Open) -> None:
    app = open_app(query="<script>alert(1)</script> <img src=x onerror=alert(2)>", candidates="10")
    assert not app.exception
    assert Tags(html_of(app)).harmless


def test_every_chart_has_a_caption_and_a_text_alternative(open_app: Open) -> None:
    app = open_app(candidates="10")
    charts = moving_charts(app)
    captions = [h.value for h in app.html if 'class="sl-caption"' in h.value]
    assert len(charts) == len(captions) == 4
    for chart, caption in zip(charts, captions, strict=True):
        assert re.search(r"\d", caption)
        assert html.unescape(caption.partition(">")[2].removesuffix("</p>")) in chart["alt"]


def test_the_rank_flow_has_a_line_for_each_leading_passage(open_app: Open) -> None:
    app = open_app(candidates="10")
    flow = moving_charts(app)[0]
    (marks,) = (one for one in flow["data"] if one["mode"] == "markers")
    leaders = set(hits_in(list_of(app, "rerank"))) | set(hits_in(list_of(app, "hybrid")))
    assert Counter(marks["customdata"]) == dict.fromkeys(leaders, len(STAGE_ORDER))
    lines = [one for one in flow["data"] if one["mode"] == "lines"]
    assert sum(line["x"].count(None) for line in lines) == len(leaders)
