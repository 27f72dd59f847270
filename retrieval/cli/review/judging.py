"""Commands that judge, one task at a time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, get_args

import click

from retrieval.access import Person
from retrieval.cli.options import json_option, print_json
from retrieval.cli.review.opening import seat_of
from retrieval.review.types import Answer, Choice, Passage, PassageTask, Task

_comment = click.option("--comment", default="", help="What to note beside it.")


@click.command("next")
@click.argument("review")
@json_option
@click.pass_obj
def next_(person: Person, review: str, *, as_json: bool) -> None:
    """Show what is to be judged next in REVIEW."""
    seat = seat_of(person, review)
    task, progress = seat.next(), seat.progress()
    if as_json:
        print_json({"task": _plain(task), "progress": asdict(progress)})
    elif task is None:
        click.echo("Nothing is left to judge. Thank you.")
    else:
        _print(task)
        click.echo(f"\n{progress.done} of {progress.total} done")


@click.command()
@click.argument("review")
@click.argument("task")
@click.argument("grade", type=int)
@_comment
@json_option
@click.pass_obj
def judge(
    person: Person, review: str, task: str, grade: int, *, comment: str, as_json: bool
) -> None:
    """Give the passage TASK of REVIEW a GRADE."""
    _told(seat_of(person, review).judge(task, grade, comment), as_json=as_json)


@click.command()
@click.argument("review")
@click.argument("task")
@click.argument("side", type=click.Choice(get_args(Choice)))
@_comment
@json_option
@click.pass_obj
def prefer(
    person: Person, review: str, task: str, side: Choice, *, comment: str, as_json: bool
) -> None:
    """Say which of the two lists of TASK is better."""
    _told(seat_of(person, review).prefer(task, side, comment), as_json=as_json)


@click.command()
@click.argument("review")
@click.argument("task")
@_comment
@json_option
@click.pass_obj
def cannot(person: Person, review: str, task: str, *, comment: str, as_json: bool) -> None:
    """Say that you cannot judge TASK."""
    _told(seat_of(person, review).cannot(task, comment), as_json=as_json)


@click.command()
@click.argument("review")
@click.argument("task")
@_comment
@json_option
@click.pass_obj
def skip(person: Person, review: str, task: str, *, comment: str, as_json: bool) -> None:
    """Put TASK off until all others are done."""
    _told(seat_of(person, review).skip(task, comment), as_json=as_json)


@click.command()
@click.argument("review")
@json_option
@click.pass_obj
def undo(person: Person, review: str, *, as_json: bool) -> None:
    """Take your last answer in REVIEW back."""
    task = seat_of(person, review).undo()
    if as_json:
        print_json({"task": _plain(task)})
    else:
        click.echo(f"Taken back: {task.id}" if task else "There was nothing to take back.")


def _told(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(answer))
    else:
        click.echo("Stored.")


def _plain(task: Task | None) -> dict[str, Any] | None:
    return asdict(task) if task else None


def _print(task: Task) -> None:
    click.echo(f"{task.id}\n{task.question.text}")
    if task.question.need:
        click.echo(task.question.need)
    if isinstance(task, PassageTask):
        _print_passage(task.passage)
        return
    for side, passages in (("left", task.left), ("right", task.right)):
        click.echo(f"\n{side}:")
        for passage in passages:
            _print_passage(passage)


def _print_passage(passage: Passage) -> None:
    click.echo(f"\n{passage.title}\n{passage.text}")
