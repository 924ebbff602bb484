"""The same verbs for a terminal and for scripts. Exit codes: 0 done, 1 failed with one line, 2 wrong usage."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from tokapp import __version__
from tokapp.cli import (
    cross_validating,
    documents,
    evaluating,
    judging,
    models,
    people,
    predictions,
    preferring,
    server,
    streaming,
)
from tokapp.errors import TokappError
from tokapp.settings import Settings

log = logging.getLogger("tokapp")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="tokapp")
def tokapp() -> None:
    """Token-level text analysis: predict spans, ask why, correct, retrain, export."""


for _module in (
    server,
    documents,
    predictions,
    evaluating,
    cross_validating,
    judging,
    streaming,
    models,
    preferring,
    people,
):
    for _command in _module.COMMANDS:
        tokapp.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code; every failure is one line on standard error."""
    try:
        tokapp.main(args=None if arguments is None else list(arguments), prog_name="tokapp", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        _fail("stopped")
    except click.ClickException as error:
        _fail(error.format_message())
    except TokappError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except Exception as error:  # noqa: BLE001 - the last door: a person gets a line, the traceback goes to a file
        _fail(f"something unexpected went wrong ({type(error).__name__}: {error}); details are in {_write_log()}")


def _fail(reason: str) -> None:
    print(f"tokapp: {' '.join(reason.split())}", file=sys.stderr)
    sys.exit(1)


def _write_log() -> str:
    try:
        folder = Settings.from_environment(os.environ).home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "tokapp.log", encoding="utf-8")
    except (OSError, TokappError):
        return "no file, since the home folder cannot be written"
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    log.addHandler(handler)
    log.exception("event=cli_failed")
    return str(folder / "tokapp.log")
