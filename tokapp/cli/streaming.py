"""The verb about text that is still being written: stream."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from tokapp.cli.options import existing_file, find_task, load_chosen, model_option, settings
from tokapp.documents import Document, Offset
from tokapp.errors import BadInput
from tokapp.inference.streaming import risky

if TYPE_CHECKING:
    from tokapp.inference.streaming import Mode, PromptVerdict, Rule, Stop, TokenVerdict
    from tokapp.models import Model

_Item = TypeVar("_Item")
_AT_ONCE = 65536
_STRONGEST = 10
"""Words that are named as reasons."""


@click.command()
@click.option("--task", "task_name", help="Built-in task (reviews, emails, rag) or task file [the model's own].")
@model_option
@click.option("--question", help="What the text answers: the question of an answer, the prompt of a response.")
@click.option("--context", "contexts", multiple=True, type=existing_file, help="Text file of a passage; one or more.")
@click.option("--window", type=click.IntRange(1), default=2, show_default=True, help="Stop at so many risky in a row.")
@click.option(
    "--rule",
    type=click.Choice(["report", "eval"]),
    default="report",
    show_default=True,
    help="Qwen3Guard's report: any risky tokens in a row; its evaluation code: Unsafe ones first, never mixed.",
)
@click.option("--strict/--loose", "is_strict", default=None, help="Controversial counts as Unsafe or Safe [as itself].")
@click.option(
    "--lookahead",
    type=click.IntRange(0, 64),
    default=2,
    show_default=True,
    help="Words that a verdict waits for where a model looks both ways.",
)
@click.option("--until-stop", is_flag=True, help="Stop reading where the rule fires.")
@click.option("--why", "is_asked_why", is_flag=True, help="Say which words made the rule fire.")
def stream(
    task_name: str | None,
    model_name: str | None,
    question: str | None,
    contexts: tuple[Path, ...],
    window: int,
    rule: Rule,
    is_strict: bool | None,
    lookahead: int,
    until_stop: bool,
    is_asked_why: bool,
) -> None:
    """Judge the text on standard input while it comes in, one JSON line a token.

    A line {"prompt": ...} comes first where the model judges prompts, a line {"stop": ...} where the rule fires, and
    with --why a line {"why": ...} at the end: the words of the conversation up to there that weigh most, in log-odds of
    the risk at that token, each with one standard error.
    """
    prompt = None
    if question is not None or contexts:
        texts = tuple(file.read_bytes().decode("utf-8", "replace") for file in contexts)
        prompt = Document("stream", "", question=question, contexts=texts)
    mode: Mode = "levels" if is_strict is None else "strict" if is_strict else "loose"
    model = _model(task_name, model_name)
    if is_asked_why:
        _check_why(model)
    session = model.stream(prompt, window=window, rule=rule, mode=mode, lookahead=lookahead)
    _write("prompt", session.prompt)
    is_told, places = False, list[Offset]()
    for verdict in session.run(_pieces(sys.stdin.fileno()), until_stop=until_stop):
        _write(None, verdict)
        places.append((verdict.start, verdict.end))
        if session.stop is not None and not is_told:
            is_told = True
            _write("stop", session.stop)
    if not is_told:
        _write("stop", session.stop)
    if is_asked_why and session.stop is not None:
        levels = risky(rule, mode, session.stop.label)
        asked = prompt or Document("stream", "")
        _write_why(model, replace(asked, text=session.text), places[session.stop.index], levels)


def _check_why(model: Model) -> None:
    """Only what reads from left to right is cut by a token of its own."""
    from tokapp.models import TokenModel

    if not isinstance(model, TokenModel) or not model.is_causal:
        raise BadInput(f"--why: {model.name} does not read from left to right; use it without")


def _write_why(model: Model, document: Document, place: Offset, levels: Sequence[str]) -> None:
    """The strongest words first."""
    from tokapp.explanations import explain
    from tokapp.explanations.cuts import cut_target
    from tokapp.explanations.export import attribution_to_record

    (found,) = explain(model, document, [cut_target(model, document.text, place, levels)])
    order = sorted(range(len(found.values)), key=lambda word: -abs(found.values[word]))[:_STRONGEST]
    strongest = replace(
        found,
        words=_picked(found.words, order),
        texts=_picked(found.texts, order),
        values=_picked(found.values, order),
        errors=_picked(found.errors, order),
        parts=_picked(found.parts, order),
    )
    click.echo(json.dumps({"why": attribution_to_record(strongest)}, ensure_ascii=False))


def _picked(column: Sequence[_Item], order: Sequence[int]) -> tuple[_Item, ...]:
    """Some of a column, which may be empty as a whole."""
    return tuple(column[place] for place in order) if column else ()


def _model(task_name: str | None, model_name: str | None) -> Model:
    if task_name is not None:
        return load_chosen(find_task(task_name), model_name)
    if model_name is None:
        raise click.UsageError("give --task, --model or both")
    from tokapp.models import load_model

    return load_model(model_name, settings=settings())


def _pieces(source: int) -> Iterator[str]:
    """Text as it comes in; what is not UTF-8 becomes U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while piece := os.read(source, _AT_ONCE):  # what is there, without waiting for more
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _write(name: str | None, value: TokenVerdict | PromptVerdict | Stop | None) -> None:
    if value is not None:
        record = asdict(value) if name is None else {name: asdict(value)}
        click.echo(json.dumps(record, ensure_ascii=False))  # flushes


COMMANDS = (stream,)
