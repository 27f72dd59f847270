"""Commands that tell how a review stands and what it comes to."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from retrieval.access import Person
from retrieval.cli.options import json_option, print_json, usage_errors
from retrieval.cli.review.opening import aggregate_option, lead_of
from retrieval.errors import ReviewError
from retrieval.evaluation.files import write_text
from retrieval.evaluation.measures import Measure
from retrieval.evaluation.statements import comparison_sentence
from retrieval.review.accord import Disputed
from retrieval.review.lead import MEASURES
from retrieval.review.registry import as_dict
from retrieval.review.summary import summarise


@click.command()
@click.argument("review")
@json_option
@click.pass_obj
def show(person: Person, review: str, *, as_json: bool) -> None:
    """Tell what REVIEW asks and how far it has come."""
    lead = lead_of(person, review)
    found, progress = lead.review, lead.progress()
    if as_json:
        print_json({**as_dict(found), "progress": asdict(progress)})
        return
    systems = ", ".join(one.name for one in found.systems)
    click.echo(f"{found.name} ({found.id}): {len(found.questions)} questions, {systems}")
    click.echo(
        f"{progress.complete} of {progress.tasks} tasks complete, "
        f"{progress.judgments} of {progress.needed} judgments"
    )
    for one in progress.reviewers:
        click.echo(f"{one.reviewer}: {one.judged} judged, {one.cannot} could not, {one.left} left")


@click.command()
@click.argument("review")
@json_option
@click.pass_obj
def agreement(person: Person, review: str, *, as_json: bool) -> None:
    """Tell how far the reviewers of REVIEW agree."""
    found = lead_of(person, review).agreement()
    if as_json:
        print_json(found.as_dict())
        return
    click.echo(found.sentence)
    for name, alpha in found.alphas.items():
        click.echo(f"alpha, {name}: {alpha.value:.3f} [{alpha.low:.3f}, {alpha.high:.3f}]")
    for pair in found.pairs:
        kappa = pair.kappa
        click.echo(
            f"{pair.a} and {pair.b}: {pair.same:.0%} of {pair.both} alike, kappa "
            f"{kappa.value:.3f} [{kappa.low:.3f}, {kappa.high:.3f}], linear "
            f"{pair.linear.value:.3f}, quadratic {pair.quadratic.value:.3f}"
        )
        for row in pair.table:
            click.echo("  " + " ".join(f"{count:>5}" for count in row))


@click.command()
@click.argument("review")
@click.option("--top", default=20, show_default=True, help="How many to show.")
@json_option
@click.pass_obj
def disputes(person: Person, review: str, *, top: int, as_json: bool) -> None:
    """List the passages of REVIEW with most disagreement first."""
    found = lead_of(person, review).disputed()[:top]
    if as_json:
        print_json([_disputed(one) for one in found])
        return
    for one in found:
        given = ", ".join(f"{who}: {grade}" for who, grade in one.grades.items())
        final = f"; decided: {one.final.grade}" if one.final else ""
        click.echo(f"{one.passage.id}  {one.passage.query_id}  {given}{final}")


@click.command()
@click.argument("review")
@click.argument("task")
@click.argument("grade")
@click.option("--comment", default="", help="Why.")
@json_option
@click.pass_obj
def decide(
    person: Person, review: str, task: str, grade: str, *, comment: str, as_json: bool
) -> None:
    """Set the final GRADE of the passage TASK; “none” withdraws it."""
    if grade != "none" and not grade.isdecimal():
        raise click.UsageError("GRADE is a number, or “none”.")
    value = None if grade == "none" else int(grade)
    event = lead_of(person, review).decide(task, value, comment)
    if as_json:
        print_json(asdict(event))
    else:
        click.echo("Withdrawn." if value is None else f"Decided: {value}.")


@click.command()
@click.argument("review")
@aggregate_option
@click.option(
    "--measures",
    default=",".join(map(str, MEASURES)),
    show_default=True,
    help="Measures, separated by commas; systems are compared on the first.",
)
@json_option
@click.pass_obj
def results(person: Person, review: str, *, how: str, measures: str, as_json: bool) -> None:
    """Measure the systems of REVIEW on its judgments alone."""
    with usage_errors():
        wanted = tuple(dict.fromkeys(Measure.parse(text) for text in measures.split(",")))
    found = lead_of(person, review).results(how, wanted)
    for note in found.notes:
        click.echo(note, err=True)
    if as_json:
        print_json(found.as_dict())
        return
    if found.evaluation is not None:
        for system, measured in found.evaluation.systems.items():
            figures = "  ".join(
                f"{measure} {one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]"
                for measure, one in measured.items()
            )
            click.echo(f"{system:<8} {figures}  unjudged {found.unjudged[system]:.0%}")
        for compared in found.evaluation.comparisons:
            click.echo(f"{compared.a} → {compared.b}: {comparison_sentence(compared)}")
    for rate in found.win_rates:
        click.echo(
            f"{rate.a} {rate.rate_a:.0%}, {rate.b} {rate.rate_b:.0%} of {rate.votes} votes. "
            f"{rate.sentence}"
        )


@click.command()
@click.argument("review")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@aggregate_option
@json_option
@click.pass_obj
def summary(person: Person, review: str, path: Path, *, how: str, as_json: bool) -> None:
    """Write REVIEW in three sentences and two pictures to PATH, one HTML file."""
    found = summarise(lead_of(person, review), how)
    if path.is_dir():
        raise ReviewError(f"{path} is a folder.", hint="Name a file.")
    write_text(path, found.html)
    if as_json:
        print_json({"path": str(path), "sentences": list(found.sentences)})
    else:
        click.echo("\n".join(found.sentences))


def _disputed(one: Disputed) -> dict[str, Any]:
    return {
        "task_id": one.passage.id,
        "query_id": one.passage.query_id,
        "document_id": one.passage.document_id,
        "text": one.passage.passage.text,
        "apart": one.apart,
        "answers": {who: asdict(answer) for who, answer in one.answers.items()},
        "final": asdict(one.final) if one.final else None,
    }
