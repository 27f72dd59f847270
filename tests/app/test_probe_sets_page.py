"""Probe sets on the page of failures: picked, handed in, run in the background, inspected."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.failures import probe_set
from pages.parts.failures.probe_items import EVERY, chosen_items, item_html, items_of
from retrieval.cli import main
from retrieval.contrast import probe_runs
from retrieval.contrast.pairwise import ProbeReport, judge, outcome_of
from retrieval.contrast.probe_runs import ProbeOrder, ProbeRuns
from retrieval.contrast.probe_sets import shipped_sets
from retrieval.contrast.probes import Probe
from retrieval.contrast.scoring import ScoreTable
from retrieval.jobs import Job
from retrieval.settings import STAGE_ORDER
from tests.app.conftest import APP, SECONDS, Tags, html_of, notices

PAGE = "pages/understand/failures.py"
SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)>"
ROWS = [
    {
        "id": f"item-{place}",
        "phenomenon": "roles",
        "kind": "transitive",
        "query_1": f"Who praised the {noun}?",
        "query_2": f"Whom did the {noun} praise?",
        "document_1": f"The mayor praised the {noun} in her speech.",
        "document_2": f"The {noun} praised the mayor in her speech.",
        "control": f"The {noun} was praised by the mayor.",
    }
    for place, noun in enumerate(("baker", "nurse", "pilot"))
]
ONE = {
    "id": "one",
    "phenomenon": "answerability",
    "query": "How tall is the tower?",
    "positive": "The tower is 40 metres tall.",
    "negative": "The tower is open on Sunday.",
}
BAD = [{"query": "lacks the rest"}, ROWS[0]]


def open_sets() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["lab"] = "Probe sets"
    return app.switch_page(PAGE).run()


def hand_in(app: AppTest, rows: list[dict[str, str]], name: str = "mine.jsonl") -> AppTest:
    body = "\n".join(map(json.dumps, rows)).encode()
    return app.file_uploader[0].upload(name, body).run()


def run_through(app: AppTest) -> AppTest:
    app.button(key="probe_run").click().run()
    for _ in range(120):
        if app.get("plotly_chart"):
            return app
        threading.Event().wait(0.5)
        app.run()
    raise AssertionError("the run never ended")


@pytest.fixture(scope="module")
def finished() -> AppTest:
    return run_through(hand_in(open_sets(), [*ROWS, ONE, *BAD]))


def test_the_page_opens_on_the_shipped_sets_and_an_offer() -> None:
    app = open_sets()

    assert not app.exception
    options = app.selectbox(key="probe_set").options
    assert options[0] == "All shipped sets (332)"
    assert "Negation (70)" in options
    assert app.button(key="probe_run").label == "Run 332 items"


def test_a_run_that_ends_while_the_page_is_drawn_shows_its_results(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, find, submit = threading.Event(), ProbeRuns.find, ProbeRuns.submit
    ends: list[Callable[[], Job]] = []

    def held(*rest: Any) -> ProbeReport:
        assert go_on.wait(SECONDS)
        return judge(*rest)

    def submit_and_note(runs: ProbeRuns, order: ProbeOrder) -> Job:
        job = submit(runs, order)
        ends.append(lambda: runs.wait(job.id, SECONDS))
        return job

    def find_then_end(runs: ProbeRuns, order: ProbeOrder) -> ProbeReport | None:
        report = find(runs, order)
        go_on.set()
        for end in ends:
            end()
        return report

    app = hand_in(open_sets(), ROWS[:2], "drawn.jsonl")
    monkeypatch.setattr(probe_runs, "judge", held)
    monkeypatch.setattr(probe_set, "_PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(ProbeRuns, "submit", submit_and_note)
    app.button(key="probe_run").click().run()
    assert any(one.key == "probe_stop" for one in app.button)
    monkeypatch.setattr(ProbeRuns, "find", find_then_end)
    app.run()
    assert not app.exception
    assert app.get("plotly_chart")


def test_what_is_wrong_with_a_file_is_told_and_the_rest_is_run(finished: AppTest) -> None:
    assert not finished.exception
    assert finished.selectbox(key="probe_set").value.startswith("own-")
    assert "mine.jsonl: row 5 lacks positive, negative" in html_of(finished)
    assert "mine.jsonl: row 6 repeats an earlier one" in html_of(finished)
    assert len(finished.dataframe[0].value) == 4


def test_the_page_and_the_command_print_the_same_numbers(
    finished: AppTest, tmp_path: Path, capsys, monkeypatch
) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text("\n".join(map(json.dumps, [*ROWS, ONE])))
    monkeypatch.setattr("sys.argv", ["retrieval", "contrast", str(path), "--json"])
    main()
    printed = json.loads(capsys.readouterr().out)

    chart = json.loads(finished.get("plotly_chart")[0].proto.spec)["data"][0]
    shown = chart["text"]
    expected = [
        *((printed[kind], printed["intervals"][kind]) for kind in ("accuracy", "preference")),
        *(
            (printed["by_phenomenon"][name], printed["intervals"]["by_phenomenon"][name])
            for name in ("answerability", "roles")
        ),
    ]
    assert shown == [
        [
            f"<b>{shares[stage]:.0%}</b><br>{100 * bounds[stage]['low']:.0f}–"
            f"{100 * bounds[stage]['high']:.0f}"
            for stage in STAGE_ORDER
        ]
        for shares, bounds in expected
    ]


def test_chance_stands_beside_each_row_and_a_table_says_the_same(finished: AppTest) -> None:
    body = html_of(finished)

    assert "chance is 25 %" in body
    assert "<td>Roles</td><td>3</td><td>25%</td>" in body
    assert "<td>Topical, but no answer</td><td>1</td><td>50%</td>" in body


def test_a_second_look_runs_nothing(finished: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    own = finished.selectbox(key="probe_set").value

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a set was scored again")

    monkeypatch.setattr(ScoreTable, "__init__", refuse)
    app = open_sets()
    app.selectbox(key="probe_set").set_value(own).run()

    assert not app.exception
    assert app.get("plotly_chart")


def test_items_are_filtered_and_opened(finished: AppTest) -> None:
    finished.get_by_key("probe_phenomenon").set_value("roles").run()
    assert len(finished.dataframe[0].value) == 3
    finished.get_by_key("probe_stage").set_value("bm25").run()
    table = finished.dataframe[0].value
    assert list(table.columns)[-1] == "BM25"
    # The same words in another order are one bag of words.
    assert set(table["BM25"]) == {"= 0.00"}
    finished.session_state["probe_items"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    finished.run()
    body = html_of(finished)
    assert "The mayor praised the baker in her speech." in body
    assert body.count("data-outcome=") == 5
    assert "= tie, fails" in body
    (link,) = finished.get("link_button")
    assert "edited_twin=The+baker+praised" in link.proto.url
    finished.get_by_key("probe_stage").set_value(EVERY)
    finished.get_by_key("probe_phenomenon").set_value(EVERY).run()


def test_csv_with_markup_in_it_is_shown_and_not_obeyed() -> None:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["query", "positive", "negative", "phenomenon"])
    writer.writerow([f"q {SCRIPT}", f"yes {SCRIPT}", "=1+1", f"=cmd {SCRIPT}"])
    app = open_sets()
    app.file_uploader[0].upload("<b>odd</b>.csv", stream.getvalue().encode()).run()
    app = run_through(app)
    app.session_state["probe_items"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()

    assert not app.exception
    assert Tags(html_of(app)).harmless
    assert "<script" not in app.get("plotly_chart")[0].proto.spec
    assert app.dataframe[0].value["phenomenon"][0].startswith("'=")


@pytest.mark.parametrize(
    ("name", "body", "line"),
    [
        ("empty.jsonl", b"\n\n", "holds no item"),
        ("text.jsonl", b'{"text": "hello"}', "row 1 lacks query, positive, negative"),
        ("odd.csv", b"\x00\x01\x02", ""),
    ],
)
def test_a_file_without_items_gets_one_line(name: str, body: bytes, line: str) -> None:
    app = open_sets()
    app.file_uploader[0].upload(name, body).run()

    assert not app.exception
    assert any('class="sl-notice sl-error"' in one and line in one for one in notices(app))


def test_a_large_file_is_run_in_part_and_none_of_it_is_lost() -> None:
    rows = [
        {**ONE, "id": str(number), "query": f"How tall is {number}?"} for number in range(2_100)
    ]
    app = hand_in(open_sets(), rows, "many.jsonl")

    assert not app.exception
    assert "many.jsonl (2,100)" in app.selectbox(key="probe_set").options
    (limit,) = app.number_input
    assert (limit.value, limit.max) == (2_000, 2_100)
    assert app.button(key="probe_run").label == "Run 2,000 items"


def report() -> ProbeReport:
    probes = shipped_sets()[1].probes[:3]
    scores = {0: ((1.0, 0.0, 1.0), (0.0, 1.0, 0.0)), 1: ((0.0, 1.0, 0.0), (0.0, 1.0, 0.0))}
    scores[2] = ((1.0, 1.0, 1.0), (0.0, 1.0, 0.0))
    return ProbeReport(
        tuple(
            outcome_of(probe, stage, scores[place])
            for place, probe in enumerate(probes)
            for stage in STAGE_ORDER
        )
    )


def test_failures_come_first() -> None:
    items = items_of(report())

    def places(stage: str, *, failed_only: bool = False) -> list[int]:
        found = chosen_items(items, stage, EVERY, failed_only=failed_only)
        return [items.index(item) for item in found]

    assert places("dense") == [1, 2, 0]
    assert places(EVERY) == [1, 2, 0]
    assert places("dense", failed_only=True) == [1, 2]


def test_an_item_says_who_passes_and_who_ties() -> None:
    verdicts = [
        re.findall(r"[✓✗=] (?:passes|fails|tie, fails)", item_html(item))[0]
        for item in items_of(report())
    ]
    assert verdicts == ["✓ passes", "✗ fails", "= tie, fails"]
    control = Probe("c", "roles", ("q",), ("a", "b"), is_control=True)
    outcome = outcome_of(control, "dense", ((1.0, 0.0),))
    (item,) = items_of(ProbeReport((outcome,)))
    assert "never counted" in item_html(item)
