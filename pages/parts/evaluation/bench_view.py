"""What the page works on: the question set, the systems of the table, and what is known of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import streamlit as st

from pages.measure.memory import remembered
from pages.parts.errors import show_error
from pages.parts.evaluation.scoring_work import Scoring
from pages.parts.resources import Engine
from retrieval.errors import SecondLookError, SettingsError
from retrieval.evaluation.evaluate import (
    DEFAULT_MEASURES,
    Evaluation,
    Figures,
    assemble,
    measure_run,
)
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.recipes import stage_recipes
from retrieval.evaluation.table import Entry, recipes_of
from retrieval.evaluation.work import Evaluations
from retrieval.evaluation.workbench import Workbench
from retrieval.models.learned import Versions
from retrieval.settings import SearchSettings, settings
from retrieval.store import Collection

MEASURE_OPTIONS = (
    *map(str, DEFAULT_MEASURES),
    *("MAP", "precision@10", "nDCG@5", "MRR@100", "recall@10", "recall@200", "success@10"),
)


@dataclass(frozen=True, slots=True)
class View:
    """What the page was asked to show.

    Attributes:
        made: The engine.
        work: Scores question sets, and keeps systems and sets.
        collection: What is searched.
        set_id: The saved question set; empty for the collection's own.
        bench: The questions with all that is known of them.
        asked: Where the sliders stand.
        entries: The systems of the table, by name.
        measures: What is measured; systems are compared on the first.
    """

    made: Engine
    work: Evaluations
    collection: Collection
    set_id: str
    bench: Workbench
    asked: SearchSettings
    entries: Mapping[str, Entry]
    measures: tuple[Measure, ...]

    @property
    def scoring(self) -> Scoring:
        """What has to be scored for the table."""
        recipes = tuple(recipes_of(self.entries))
        return Scoring(self.made, self.work, self.collection, self.set_id, self.bench, recipes)


def entries_of(
    work: Evaluations, collection: Collection, asked: SearchSettings
) -> dict[str, Entry]:
    """The five stages at the settings of now, and the saved systems that were picked."""
    entries = {name: Entry(name, recipe) for name, recipe in stage_recipes(asked).items()}
    saved = {
        one.name: one for one in work.systems.list(collection.snapshot().key.partition("@")[0])
    }
    if not saved:
        return entries
    if "systems" in st.session_state:
        # Another collection has others, and a system may have been deleted meanwhile.
        kept = [name for name in st.session_state["systems"] if name in saved]
        if kept != st.session_state["systems"]:
            st.session_state["systems"] = kept
    picked = st.pills(
        "Saved systems shown",
        list(saved),
        default=list(saved),
        selection_mode="multi",
        key="systems",
        bind="query-params",
    )
    for name in picked:
        system = saved[name]
        run = work.systems.run(system) if system.is_run else None
        entries[name] = Entry(name, system.recipe, system, run)
    return entries


def pick_measures() -> tuple[Measure, ...]:
    """What to measure; a cut-off that is not in the list can be typed."""
    picked = st.multiselect(
        "Measures; systems are compared on the first",
        list(MEASURE_OPTIONS),
        default=list(map(str, DEFAULT_MEASURES)),
        key="measures",
        accept_new_options=True,
        bind="query-params",
        placeholder="nDCG@10",
    )
    found: dict[Measure, None] = {}
    for text in picked:
        try:
            found[Measure.parse(text)] = None
        except SettingsError as error:
            show_error(error)
    return tuple(found) or DEFAULT_MEASURES[:1]


def measured(view: View) -> tuple[dict[str, Figures], dict[str, str]]:
    """The figures of each system whose scores are known, and why the others have none."""
    figures: dict[str, Figures] = {}
    without: dict[str, str] = {}
    versions = Versions(settings().home)
    for name, entry in view.entries.items():
        try:
            found = _figures(view, entry, versions)
        except SecondLookError as error:
            without[name] = error.message
            continue
        if found is None:
            without[name] = "not scored yet."
        else:
            figures[name] = found
    return figures, without


def _figures(view: View, entry: Entry, versions: Versions) -> Figures | None:
    key = (view.bench.key, _run_key(entry, versions), view.measures)

    def make() -> Figures | None:
        run = entry.run(view.bench)
        return None if run is None else measure_run(run, view.bench.asked.qrels, view.measures)

    return remembered(f"figures_{entry.name}", key, make)


def evaluation_of(view: View, figures: Mapping[str, Figures], baseline: str | None) -> Evaluation:
    """The systems with every one compared with the baseline; with each other without one."""
    versions = Versions(settings().home)
    runs = tuple(
        (name, _run_key(entry, versions)) for name, entry in view.entries.items() if name in figures
    )
    key = (view.bench.key, runs, view.measures, baseline)
    return remembered(
        "evaluation",
        key,
        lambda: assemble(figures, view.measures[0], view.bench.asked.notes, baseline),
    )


def _run_key(entry: Entry, versions: Versions) -> Hashable:
    """Equal keys, equal runs of a row of the table."""
    if entry.recipe is not None:
        return entry.recipe.key(versions)
    return entry.system.id if entry.system else entry.name
