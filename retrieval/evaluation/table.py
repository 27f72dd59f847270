"""The table of systems: stages at the settings of now, saved systems, and runs of other tools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.runs import Run
from retrieval.evaluation.systems import System
from retrieval.evaluation.workbench import Workbench


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table.

    Attributes:
        name: What it is called there.
        recipe: Stage and settings; None for a run that was handed in.
        system: The saved system behind it; None for a stage at the settings of now.
        handed_in: The run, where it is one.
    """

    name: str
    recipe: Recipe | None = None
    system: System | None = None
    handed_in: Run | None = None

    @property
    def stage(self) -> str:
        """The stage behind it; empty for a run."""
        return self.recipe.stage if self.recipe else ""

    @property
    def described(self) -> str:
        """What made its run, in words."""
        if self.recipe is None:
            return "a run that was handed in"
        said = self.recipe.described()
        return said if self.system is None else ", ".join(filter(None, (self.stage, said)))

    def run(self, bench: Workbench) -> Run | None:
        """Its run over the questions of the bench; None while scores are missing.

        Raises:
            SecondLookError: If its model cannot be had.
        """
        if self.recipe is None:
            return self.handed_in or {}
        return bench.run(self.recipe)

    def remark(self, bench: Workbench) -> str:
        """What a reader should know of it; empty where there is nothing."""
        if self.system is None:
            return ""
        fingerprint = ""
        if self.recipe is not None and bench.failure(self.recipe) is None:
            fingerprint = bench.fingerprint(self.recipe)
        return self.system.remark(bench.snapshot, fingerprint)


def recipes_of(entries: Mapping[str, Entry]) -> list[Recipe]:
    """The recipes among the entries."""
    return [entry.recipe for entry in entries.values() if entry.recipe is not None]
