"""What ``evaluate --losses`` adds: where right answers are lost, under several settings."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from retrieval.cache import Cache
from retrieval.evaluation.legs import PairScores
from retrieval.evaluation.lost_answers import (
    PARTS,
    Losses,
    compared_settings,
    needed_pairs,
    survey,
)
from retrieval.evaluation.recipes import Recipe
from retrieval.evaluation.workbench import Workbench
from retrieval.models.loading import Models
from retrieval.settings import SearchSettings


def lost_answers(
    bench: Workbench, asked: SearchSettings, models: Models, cache: Cache, *, quiet: bool
) -> tuple[Losses, ...]:
    """Score what some setting still lacks, and count every right answer of the question set.

    Args:
        bench: The questions, with the first lists for these settings gathered.
        asked: The setting of now.
        models: Where the reranker comes from.
        cache: Where scores are kept.
        quiet: Whether to show no progress.
    """
    settings = compared_settings(asked)
    every = bench.every_list(Recipe("hybrid", asked))
    scores = PairScores.of(models, cache, bench.snapshot, asked)
    wanted = [(legs, needed_pairs(legs, settings)) for legs in every]
    missing = sum(len(scores.missing(legs, chunk_ids)) for legs, chunk_ids in wanted)
    hidden = quiet or not sys.stderr.isatty()
    with click.progressbar(length=missing, label="Scoring", file=sys.stderr, hidden=hidden) as bar:
        done = 0
        for step in scores.score(wanted):
            bar.update(step.pairs - done)
            done = step.pairs
    judged = [
        (legs, bench.asked.qrels[question.id], scores.known(legs, chunk_ids))
        for question, (legs, chunk_ids) in zip(bench.asked.questions, wanted, strict=True)
    ]
    return tuple(survey(setting, judged) for setting in settings)


def print_losses(losses: Sequence[Losses]) -> None:
    """One line a setting: how many right answers fall into each part."""
    for one in losses:
        counts = "  ".join(f"{part} {one.counts[part]}" for part in PARTS)
        click.echo(f"{one.setting.name:<24} {counts}")
