"""The verb about text that is still being written: stream."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.cli.options import existing_file, find_task, load_chosen, model_option, settings
from tokapp.documents import Document

if TYPE_CHECKING:
    from tokapp.inference.streaming import Mode, PromptVerdict, Rule, Stop, TokenVerdict
    from tokapp.models import Model

_AT_ONCE = 65536


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
) -> None:
    """Judge the text on standard input while it comes in, one JSON line a token.

    A line {"prompt": ...} comes first where the model judges prompts, a line {"stop": ...} where the rule fires.
    """
    prompt = None
    if question is not None or contexts:
        texts = tuple(file.read_bytes().decode("utf-8", "replace") for file in contexts)
        prompt = Document("stream", "", question=question, contexts=texts)
    mode: Mode = "levels" if is_strict is None else "strict" if is_strict else "loose"
    model = _model(task_name, model_name)
    session = model.stream(prompt, window=window, rule=rule, mode=mode, lookahead=lookahead)
    _write("prompt", session.prompt)
    is_told = False
    for verdict in session.run(_pieces(sys.stdin.fileno()), until_stop=until_stop):
        _write(None, verdict)
        if session.stop is not None and not is_told:
            is_told = True
            _write("stop", session.stop)
    if not is_told:
        _write("stop", session.stop)


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
