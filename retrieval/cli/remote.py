"""What a command says before any text leaves this machine."""

from __future__ import annotations

from collections.abc import Iterable

import click

from retrieval.models.loading import Models
from retrieval.models.remote.sending import sending
from retrieval.models.remote.services import find_service, is_remote


def announce(models: Models, rerankers: Iterable[str], questions: int, passages: int) -> None:
    """Say on standard error what goes where, for each reranker that runs elsewhere.

    Args:
        models: Whose calls are counted.
        rerankers: Ids of the rerankers that were asked for.
        questions: How many questions will be asked.
        passages: Most passages that go with each.
    """
    for model_id in dict.fromkeys(rerankers):
        if is_remote(model_id):
            planned = sending(find_service(model_id), questions, passages, models.spending.left)
            click.echo(planned.sentence, err=True)
