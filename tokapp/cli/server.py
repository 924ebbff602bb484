"""Verbs that start and examine: run, worker, doctor."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from tokapp import places
from tokapp.errors import TokappError
from tokapp.settings import Settings

if TYPE_CHECKING:
    from tokapp.doctor import Check


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8501, show_default=True, help="Port of the web page.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--no-worker", is_flag=True, help="Do not start a worker beside the app.")
def run(port: int, address: str, no_worker: bool) -> None:
    """Start the app and a worker, and print the address."""
    settings = Settings.from_environment(os.environ)
    settings.require_private(address)
    _require_free(address, port)
    from tokapp.home import prepare

    prepare(settings, say=click.echo)
    processes = [_start_server(port, address)]
    if not no_worker:
        processes.append(subprocess.Popen([sys.executable, "-m", "tokapp", "worker"]))
    _stop_with(processes)
    _wait_until_up(processes[0], address, port)
    _say_who_comes_in(settings)
    click.echo(f"\n  tokapp is ready:  http://{'localhost' if address in _LOCAL else address}:{port}\n")
    sys.exit(_watch(processes))


def _say_who_comes_in(settings: Settings) -> None:
    """Tell how to add the first account where people have to sign in and nobody can yet."""
    from tokapp.cli.options import open_store

    if settings.auth == "none":
        return
    with open_store() as store:
        if not store.users():
            click.echo("nobody can sign in yet; add an account with: tokapp users add NAME --role admin")


_LOCAL = ("127.0.0.1", "0.0.0.0", "::1", "localhost")


def _require_free(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise TokappError(
                f"port {port} on {address} cannot be used ({error.strerror}); try --port {port + 1}"
            ) from error


def _start_server(port: int, address: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamlit", "run", str(places.shipped() / "app.py")]
    options = ["--server.port", str(port), "--server.address", address, "--server.headless", "true"]
    # Streamlit reads `.streamlit/config.toml` from the folder it runs in.
    return subprocess.Popen([*command, *options], cwd=places.shipped(), stdout=subprocess.DEVNULL)


def _wait_until_up(server: subprocess.Popen[bytes], address: str, port: int) -> None:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, address)
    for _ in range(600):
        if server.poll() is not None:
            raise TokappError(
                f"the web server stopped at once with exit code {server.returncode}; see its output above"
            )
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TokappError("the web server did not answer within a minute")


def _stop_with(processes: list[subprocess.Popen[bytes]]) -> None:
    def stop(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)


def _watch(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait for the server; a worker that dies is started again. Ends every process on the way out."""
    server, workers = processes[0], processes[1:]
    try:
        while server.poll() is None:
            for index, worker in enumerate(workers):
                if worker.poll() is not None:
                    workers[index] = subprocess.Popen(worker.args)
            time.sleep(1)
    except KeyboardInterrupt:
        click.echo("stopping")
    for process in (server, *workers):
        process.terminate()
    for process in (server, *workers):
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
    return 0 if server.returncode in (0, -signal.SIGTERM) else 1


@click.command()
@click.option("--once", is_flag=True, help="Do the jobs that are waiting, then stop.")
def worker(once: bool) -> None:
    """Do the jobs (predictions, explanations, trainings), and answer small requests of this user at once."""
    from tokapp.api.warm import open_door
    from tokapp.jobs import run_worker

    settings = Settings.from_environment(os.environ)
    run_worker(settings, once=once, beside=None if once else partial(open_door, settings))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8600, show_default=True, help="Port of the API.")
def serve(host: str, port: int) -> None:
    """Start the HTTP API for other programs; needs a token in TOKAPP_API_TOKEN."""
    from tokapp.api import serving

    settings = Settings.from_environment(os.environ)
    serving.require_token(settings)
    _require_free(host, port)
    click.echo(f"the API answers at http://{host}:{port}/v1, described in /openapi.json")
    if host not in ("127.0.0.1", "::1", "localhost"):
        click.echo("anybody on the way can read the token: put TLS in front", err=True)
    serving.serve(settings, host, port)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(as_json: bool) -> None:
    """Check device, versions, database, models and worker."""
    from tokapp.doctor import DISPENSABLE, examine

    checks = list(examine(Settings.from_environment(os.environ)))
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        _print(checks)
    bad = [check.name for check in checks if not check.ok and check.name not in DISPENSABLE]
    if bad:
        raise TokappError(f"not in order: {', '.join(bad)}")


def _print(checks: Iterable[Check]) -> None:
    for check in checks:
        click.echo(f"{'ok ' if check.ok else 'BAD'}  {check.name:<14} {check.detail}")
        if check.advice:
            click.echo(f"     {'':<14} -> {check.advice}")


COMMANDS = (run, worker, serve, doctor)
