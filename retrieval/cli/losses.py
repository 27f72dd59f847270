"""What ``evaluate --losses`` adds: where right answers are lost, under several settings."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from retrieval.evaluation.lost_answers import PARTS, Losses, compared_settings, survey
from retrieval.evaluation.workbench import Workbench
from retrieval.settings import SearchSettings


def lost_answers(bench: Workbench, asked: SearchSettings, *, quiet: bool) -> tuple[Losses, ...]:
    """Score what some setting still lacks, and count every right answer of the question set.

    Args:
        bench: The questions.
        asked: The setting of now.
        quiet: Whether to show no progress.
    """
    settings = compared_settings(asked)
    recipes = [setting.recipe for setting in settings]
    bench.gather(recipes)
    hidden = quiet or not sys.stderr.isatty()
    length = bench.missing(recipes)
    with click.progressbar(length=length, label="Scoring", file=sys.stderr, hidden=hidden) as bar:
        done = 0
        for step in bench.score(recipes):
            bar.update(step.pairs - done)
            done = step.pairs
    judged = [
        (legs, bench.asked.qrels[question.id], scores)
        for question, legs, scores in zip(
            bench.asked.questions, bench.every_list(recipes[0]), bench.scores(recipes), strict=True
        )
    ]
    return tuple(survey(setting, judged) for setting in settings)


def print_losses(losses: Sequence[Losses]) -> None:
    """One line a setting: how many right answers fall into each part."""
    for one in losses:
        counts = "  ".join(f"{part} {one.counts[part]}" for part in PARTS)
        click.echo(f"{one.setting.name:<24} {counts}")
