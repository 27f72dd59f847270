from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.looks import show_score
from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.explain.explainer import EXPLAINED, Explainer, Passage
from retrieval.models.loading import Models
from retrieval.models.reranker import CrossEncoderReranker
from retrieval.settings import Chunking, SearchSettings
from retrieval.store import Snapshot, Store
from tests.app.conftest import APP, Tags, html_of, list_of, notices
from tests.corpus import PASSAGES, filled

PAGE = "pages/understand/why.py"
QUERY = "which allergy medicine does not cause drowsiness"
TRUE = "Loratadine does not cause drowsiness."
TWIN = "Loratadine causes drowsiness."
KEYS = (
    "collection",
    "query",
    "reranker",
    "passage",
    "passage_text",
    "twin",
    "twin_text",
    "stage",
    "gradients",
)
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)> not *bold* [a](http://x)"


@pytest.fixture(scope="module")
def small(home: Path, models: Models) -> str:
    """A collection of eight passages, and an empty one."""
    store, encoder = Store(home), models.encoder()
    store.create("Nothing to explain", encoder, Chunking(tokens=16))
    return filled(store, encoder, name="Small to explain").name


@pytest.fixture(scope="module")
def snapshot(home: Path, small: str) -> Snapshot:
    return Store(home).open(small).snapshot()


def open_why(**address: str) -> AppTest:
    """Open the page at an address, as a link does."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in address.items():
        app.query_params[name] = value
    return app.switch_page(PAGE).run()


def scores_shown(app: AppTest) -> dict[str, list[str]]:
    """The cells of each stage's row in the table of scores."""
    return {
        stage: re.findall(r"<td>([^<]*)</td>", row)
        for stage, row in re.findall(r'<tr [^>]*data-scores="(\w+)">(.*?)</tr>', html_of(app))
    }


def shaded(app: AppTest) -> list[str]:
    return [h.value for h in app.html if 'class="sl-shaded' in h.value]


def text_of(body: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", body))


def lines(app: AppTest) -> str:
    return text_of("\n".join(h.value for h in app.html if "sl-why-line" in h.value))


@pytest.mark.parametrize("key", KEYS)
def test_each_control_has_the_key_that_addresses_use(small: str, key: str) -> None:
    assert open_why(collection=small, query=QUERY).get_by_key(key) is not None


def test_the_page_opens_on_two_passages_without_a_click(small: str) -> None:
    app = open_why(collection=small, query=QUERY)
    assert not app.exception
    assert not notices(app)
    assert set(scores_shown(app)) == set(EXPLAINED)
    assert app.text_area(key="passage_text").value == PASSAGES[0]
    assert app.text_area(key="twin_text").value in PASSAGES[1:]
    assert len(shaded(app)) == 4
    assert "ahead in" in html_of(app)


def test_a_linked_passage_has_the_scores_of_the_lists(
    snapshot: Snapshot, small: str, models: Models
) -> None:
    trace = Cascade(models, Cache()).search(snapshot, QUERY, SearchSettings())
    chunk_id = trace.rankings["dense"].hits[2].chunk_id
    app = open_why(collection=small, query=QUERY, passage=chunk_id)
    assert app.selectbox(key="passage").value == chunk_id
    assert app.query_params["passage"] in (chunk_id, [chunk_id])
    shown = scores_shown(app)
    for stage in EXPLAINED:
        hit = trace.rankings[stage].find(chunk_id)
        expected = 0.0 if hit is None else hit.score
        assert shown[stage][0] == show_score(expected, trace.rankings[stage].unit)


def test_typed_texts_have_the_figures_of_the_engine(
    snapshot: Snapshot, small: str, models: Models
) -> None:
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, twin_text=TWIN)
    explainer = Explainer(models, Cache(), snapshot, QUERY, SearchSettings())
    shown = scores_shown(app)
    for stage, unit in (("dense", "cosine"), ("late", "maxsim"), ("bm25", "bm25")):
        for place, text in enumerate((TRUE, TWIN)):
            assert shown[stage][place] == show_score(explainer.score(stage, Passage(text)), unit)
    pair = explainer.rerank(Passage(TRUE))
    place = [word.text for word in pair.passage.words].index("not")
    value = show_score(pair.passage.values[place], "logit").removeprefix("+")
    assert f"“not” {'' if value.startswith('−') else '+'}{value}" in lines(app)


@pytest.mark.parametrize("stage", EXPLAINED)
def test_each_stage_is_explained_for_both_on_one_scale(small: str, stage: str) -> None:
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, twin_text=TWIN, stage=stage)
    assert not app.exception
    assert not notices(app)
    boxes = shaded(app)
    assert [text_of(box) for box in boxes if text_of(box) in (TRUE, TWIN)] == [TRUE, TWIN]
    assert html_of(app).count('class="sl-shading-key"') == 1
    full = [share for box in boxes for share in re.findall(r"--sl-share:(\d+)%", box)]
    # Late shades by the cosines of one token, on the scale of all of them.
    assert max(map(int, full)) == 100 or (stage == "late" and 0 < max(map(int, full)) < 100)
    assert 'class="sl-table"' in html_of(app)
    assert Tags(html_of(app)).harmless


def test_the_sum_the_remainder_and_the_score_are_told(small: str) -> None:
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, stage="dense")
    found = re.search(
        r"contributions of 5 words add up to ([+−][\d.]+)\. The score is ([−\d.]+); the other "
        r"([+−][\d.]+) is shared by words together",
        lines(app),
    )
    assert found
    total, score, other = (float(part.replace("−", "-")) for part in found.groups())
    assert total + other == pytest.approx(score, abs=0.002)


def test_late_steps_from_token_to_token(small: str) -> None:
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, twin_text=TWIN, stage="late")
    assert "“not” finds “not”" in lines(app)
    assert "In the passage, the question’s negator “not” finds “not”" in lines(app)
    before = app.select_slider(key="token").value
    app.button(key="token_next").click().run()
    assert app.select_slider(key="token").value == before + 1
    assert "“cause” finds “cause”" in lines(app)
    app.select_slider(key="token").set_value(0).run()
    assert app.button(key="token_back").disabled
    charts = app.get("plotly_chart")
    assert len(charts) == 2
    heat = json.loads(charts[0].proto.spec)["data"][0]
    assert "not" in heat["customdata"][0][-4] or heat["customdata"]
    assert "framed" in charts[0].proto.alt


def test_gradients_are_integrated_only_when_asked(small: str) -> None:
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, twin_text="", twin="none")
    assert "Spearman" not in lines(app)
    assert len(shaded(app)) == 2
    app.get_by_key("gradients").set_value(True).run()
    assert not app.exception
    assert re.search(r"Spearman’s rank correlation over 5 words is −?-?[\d.]+", lines(app))
    assert re.search(r"[\d.]+ off, where [\d.]+ is allowed: complete after \d+ steps", lines(app))
    assert "by gradients" in html_of(app)


def test_one_passage_alone_is_explained_too(small: str) -> None:
    app = open_why(collection=small, query=QUERY, twin="none")
    assert not app.exception
    assert "The passage’s scores" in html_of(app)
    assert "the second" not in lines(app)


def test_a_word_is_changed_in_a_copy_of_the_passage(small: str) -> None:
    app = open_why(collection=small, query=QUERY)
    app.button(key="copy_passage").click().run()
    assert app.text_area(key="twin_text").value == PASSAGES[0]
    changed = PASSAGES[0].replace("not ", "")
    app.text_area(key="twin_text").set_value(changed).run()
    assert not app.exception
    assert changed in [text_of(box) for box in shaded(app)]
    assert any("not the stored text" in caption.value for caption in app.caption)


def test_picking_another_passage_brings_its_text(small: str, snapshot: Snapshot) -> None:
    app = open_why(collection=small, query=QUERY, passage_text="typed text about water")
    app.selectbox(key="passage").select_index(1).run()
    picked = app.selectbox(key="passage").value
    assert app.text_area(key="passage_text").value == snapshot.chunks([picked])[picked].text
    assert not app.warning


def test_another_collection_brings_passages_of_its_own(
    small: str, home: Path, models: Models
) -> None:
    filled(Store(home), models.encoder(), ("sun and soil", "leaf and water"), name="Other two")
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, twin_text=TWIN)
    app.selectbox(key="collection").set_value("Other two").run()
    assert not app.exception
    texts = {app.text_area(key=key).value for key in ("passage_text", "twin_text")}
    assert texts <= {"sun and soil", "leaf and water"}


def test_another_run_computes_nothing_again(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_why(collection=small, query=QUERY, passage_text=TRUE, twin_text=TWIN)

    def refuse(*_: object) -> None:
        raise AssertionError("a pair was scored again")

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", refuse)
    app.run()
    assert not app.exception
    assert not notices(app)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ({"query": "?!… --"}, "The question has no word, only punctuation."),
        ({"query": "word " * 5_000}, "5,000 words, and the longest accepted is 1,000"),
        ({"passage_text": "*** … ***"}, "The passage has no word, only punctuation."),
        ({"twin_text": "?!"}, "The second text has no word, only punctuation."),
        ({"passage": "0" * 24}, "There is no passage “" + "0" * 24),
        ({"passage": "rubbish"}, "There is no passage “rubbish”"),
        ({"collection": "gone"}, "There is no collection “gone”"),
        ({"collection": "Nothing to explain"}, "This collection is empty."),
    ],
)
def test_what_cannot_be_explained_gets_one_line(
    small: str, address: dict[str, str], line: str
) -> None:
    app = open_why(**{"collection": small, "query": QUERY, **address})
    assert not app.exception
    (notice,) = notices(app)
    assert line in text_of(notice)


def test_an_emptied_box_gets_one_line(small: str) -> None:
    app = open_why(collection=small, query=QUERY)
    app.text_area(key="passage_text").set_value("  ").run()
    assert not app.exception
    (notice,) = notices(app)
    assert "The passage is empty." in notice


@pytest.mark.parametrize("stage", EXPLAINED)
def test_markup_is_shown_and_not_obeyed(small: str, stage: str) -> None:
    app = open_why(
        collection=small, query=SCRIPT, passage_text=SCRIPT, twin_text=SCRIPT, stage=stage
    )
    assert not app.exception
    assert Tags(html_of(app)).harmless
    assert SCRIPT in [text_of(box) for box in shaded(app)]
    for chart in app.get("plotly_chart"):
        assert "<script" not in chart.proto.spec
        assert "<img" not in chart.proto.spec


@pytest.mark.parametrize("stage", ["rerank", "dense"])
def test_a_text_of_five_thousand_words_says_what_is_read(small: str, stage: str) -> None:
    app = open_why(
        collection=small,
        query="does it help",
        # Words of many tokens each: fewer of them are read, and taken out one by one.
        passage_text="xqzvk wzqxj qvxzk " * 1_667,
        twin="none",
        stage=stage,
    )
    assert not app.exception
    told = re.search(r"The model reads the first (\d+) of the 5,001 words", lines(app))
    assert told
    assert "not read by the model" in html_of(app)


@pytest.mark.parametrize("stage", EXPLAINED)
def test_other_languages_are_explained(small: str, stage: str) -> None:
    app = open_why(
        collection=small,
        query="どの薬が眠くならない",
        passage_text="ロラタジンは眠くならない。",
        twin_text="الدواء لا يسبب النعاس",
        stage=stage,
    )
    assert not app.exception
    assert not notices(app)


def test_a_hit_on_the_search_page_leads_here(small: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["collection"] = small
    app.query_params["query"] = QUERY
    app.run()
    body = list_of(app, "rerank")
    chunks = re.findall(r'data-chunk="([0-9a-f]{24})"', body)
    assert chunks
    assert re.findall(r'data-why="([0-9a-f]{24})"', body) == chunks
    assert Tags(html_of(app)).harmless
