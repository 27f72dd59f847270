"""``cost``: what a corpus costs at the speeds of this machine, and which architecture fits."""

from __future__ import annotations

from typing import Any

import click

from retrieval.cache import Cache
from retrieval.cascade import Cascade
from retrieval.cli.options import json_option, parameter_option, print_json, usage_errors
from retrieval.errors import CollectionError, SettingsError
from retrieval.evaluation.amounts import count_text, size_text, time_text
from retrieval.evaluation.architecture import STAKES, Advice, Need, advise
from retrieval.evaluation.cost import (
    SCALE,
    TEXTBOOK_CORPUS,
    TEXTBOOK_PAIR_MS,
    Corpus,
    Estimate,
    Span,
    check_pair_ms,
    estimate,
)
from retrieval.evaluation.legs import Legs, PairScores
from retrieval.evaluation.machine import Machine, Quality, known_quality, measure_machine
from retrieval.ingest.samples import open_collection, samples
from retrieval.models.loading import Models
from retrieval.settings import PARAMETERS, SearchSettings, settings
from retrieval.store import Collection, Snapshot, Store

_OF_TEXTBOOK = ("documents", "chunks_a_document")


@click.command()
@click.argument("collection", required=False)
@parameter_option(SCALE["documents"])
@parameter_option(SCALE["chunks_a_document"])
@parameter_option(SCALE["queries_a_day"])
@parameter_option(SCALE["peak"])
@parameter_option(SCALE["latency"])
@parameter_option(PARAMETERS["candidates"])
@click.option(
    "--pair-ms",
    metavar="MS[-MS]",
    help="Milliseconds a pair, or a span such as 5-10; measured here where it is not given.",
)
@click.option(
    "--reranker",
    default=SearchSettings().reranker,
    show_default=True,
    help="Id of the reranker, or a folder.",
)
@click.option(
    "--stakes",
    type=click.Choice(list(STAKES)),
    default=STAKES[0],
    show_default=True,
    help="What a wrong answer may harm.",
)
@click.option("--similarity-only", is_flag=True, help="Texts are compared, nothing is answered.")
@click.option("--textbook", is_flag=True, help="A million documents at 5 to 10 ms a pair.")
@json_option
def cost(
    collection: str | None,
    *,
    pair_ms: str | None,
    reranker: str,
    stakes: Any,
    similarity_only: bool,
    textbook: bool,
    as_json: bool,
    **scale: Any,
) -> None:
    """What a corpus costs at the speeds measured on COLLECTION; on the first sample without one."""
    with usage_errors():
        if textbook:
            scale |= {name: getattr(TEXTBOOK_CORPUS, name) for name in _OF_TEXTBOOK}
        corpus = Corpus(**scale)
        given = _pair_span(pair_ms) if pair_ms else TEXTBOOK_PAIR_MS if textbook else None
        asked = SearchSettings(reranker=reranker, candidates=corpus.candidates)
    home = settings().home
    models, cache = Models(home), Cache(home)
    target = open_collection(Store(home), models, collection or samples()[0].title)
    machine, quality = _measure(target, models, cache, asked)
    rates = machine.rates(corpus)
    found = estimate(corpus, rates.with_pair_ms(given) if given else rates)
    advice = advise(Need(stakes, similarity_only), found, quality)
    if as_json:
        print_json(
            {
                "measured_on": {"collection": machine.collection, "chunks": machine.chunks},
                **found.as_dict(),
                "quality": quality.as_dict() if quality else None,
                "advice": advice.as_dict(),
            }
        )
    else:
        _print(found, machine, advice)


def _pair_span(text: str) -> Span:
    low, _, high = text.partition("-")
    try:
        span = Span(float(low), float(high or low))
    except ValueError:
        span = Span(0, 0)
    if span.low <= 0:
        raise SettingsError(
            f"{text!r} is no time for a pair.", hint="Give milliseconds, such as 7.5 or 5-10."
        )
    check_pair_ms(span)
    return span


def _measure(
    target: Collection, models: Models, cache: Cache, asked: SearchSettings
) -> tuple[Machine, Quality | None]:
    snapshot: Snapshot = target.snapshot()
    if not len(snapshot):
        raise CollectionError(
            f"The collection “{target.name}” is empty.",
            hint="Ingest documents first, or measure on another one.",
        )
    cascade = Cascade(models, cache)
    questions, grades = target.questions(), target.judgments()
    query = questions[0].text if questions else snapshot.texts[0][:200]
    legs = Legs.gather(cascade, snapshot, query, asked)
    machine = measure_machine(cascade, models, snapshot, legs, asked)
    judged = [(one.text, grades[one.id]) for one in questions if one.id in grades]
    scores = PairScores(models.reranker(asked.reranker), cache, snapshot)
    return machine, known_quality(cascade, snapshot, scores, judged, asked)


def _print(found: Estimate, machine: Machine, advice: Advice) -> None:
    rates = found.rates
    click.echo(
        f"{found.corpus.documents:,} documents, {found.corpus.chunks:,} passages; measured on "
        f"{machine.collection} with {machine.chunks:,} passages, {rates.cores} cores"
    )
    for name, value in (
        ("vector_ms", rates.vector_ms),
        ("search_ms", rates.search_ms),
        ("pair_ms", rates.pair_ms),
    ):
        source = "assumed" if name in rates.assumed else "measured"
        click.echo(f"{name:<10} {time_text(value)} ({source})")
    for way in found.ways:
        click.echo(
            f"{way.name:<18} {time_text(way.question_ms)} a question, "
            f"{count_text(way.questions_a_day)} a day, {count_text(way.cores)} cores needed"
        )
    click.echo(f"one vector a passage    {size_text(found.vector_bytes)}")
    click.echo(f"token vectors           {size_text(found.token_bytes)}")
    click.echo(f"encoding everything     {time_text(found.encoding_ms)}")
    click.echo(f"advice: {advice.architecture}. {advice.sentence}")
    for rule in advice.rules:
        click.echo(f"  [{'x' if rule.holds else ' '}] {rule.condition}: {rule.asks_for}")
    for argument in advice.arguments:
        sign, source = (
            "+" if argument.speaks_for else "-",
            "measured" if argument.measured else "partly assumed",
        )
        click.echo(f"  {sign} {argument.text} ({source})")
