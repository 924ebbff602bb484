"""The verb that teaches a language model which of two texts is preferred."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tokapp.cli.options import existing_file, settings

if TYPE_CHECKING:
    from tokapp.training.progress import Progress


@click.command("prefer-texts")
@click.option("--model", "name", required=True, help="Folder or hub name of a causal language model.")
@click.option("--pairs", "file", type=existing_file, required=True, help="JSONL with prompt, chosen, rejected.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="New folder for the model.")
@click.option("--beta", type=click.FloatRange(0, 100, min_open=True), default=0.1, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100), default=1, show_default=True)
@click.option("--learning-rate", type=click.FloatRange(0, 1, min_open=True), default=1e-5, show_default=True)
@click.option("--batch-size", type=click.IntRange(1, 4096), default=4, show_default=True)
@click.option("--max-length", type=click.IntRange(16, 65536), default=1024, show_default=True, help="In tokens.")
@click.option("--full", is_flag=True, help="Train every weight, not a low-rank adapter that is merged at the end.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def prefer_texts(
    name: str,
    file: Path,
    output: Path,
    beta: float,
    epochs: int,
    learning_rate: float,
    batch_size: int,
    max_length: int,
    full: bool,
    seed: int,
) -> None:
    """Teach a language model by DPO which of two answers people chose (needs tokapp[trl])."""
    from tokapp.models.config import Lora
    from tokapp.models.language_model import load_language_model
    from tokapp.training import text_pairs

    chosen = text_pairs.TextPreferences(
        beta=beta,
        epochs=epochs,
        learning_rate=learning_rate,
        batch_size=batch_size,
        max_length=max_length,
        lora=None if full else Lora(),
        seed=seed,
    )
    pairs = text_pairs.read_pairs(file)
    model = load_language_model(name, settings=settings())
    learnt = text_pairs.prefer_texts(model, pairs, output, chosen, on_progress=_tell)
    losses = f"loss {learnt.first_loss:.4f} to {learnt.last_loss:.4f}"
    click.echo(f"{output}: {learnt.pairs} of {len(pairs)} pairs, {losses}")


def _tell(progress: Progress) -> None:
    click.echo(f"  step {progress.step} of {progress.steps}, loss {progress.loss:.4f}", err=True)


COMMANDS = (prefer_texts,)
