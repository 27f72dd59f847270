"""Commands that judge, one task at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, get_args

import click
from click import Command

from retrieval.access import Person
from retrieval.cli.options import json_option, print_json
from retrieval.cli.review.opening import seat_of
from retrieval.review.seat import Seat
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


def _without_grade(name: str, does: str, answer: Callable[[Seat, str, str], Answer]) -> Command:
    """The command that gives a task an answer that is no grade."""

    @click.command(name, help=does)
    @click.argument("review")
    @click.argument("task")
    @_comment
    @json_option
    @click.pass_obj
    def command(person: Person, review: str, task: str, *, comment: str, as_json: bool) -> None:
        _told(answer(seat_of(person, review), task, comment), as_json=as_json)

    return command


cannot = _without_grade("cannot", "Say that you cannot judge TASK.", Seat.cannot)
skip = _without_grade("skip", "Put TASK off until all others are done.", Seat.skip)


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
