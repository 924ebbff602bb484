"""Durable jobs: a queue of rows, and the worker process that does them."""

from tokapp.jobs.context import Context
from tokapp.jobs.handlers import Handler, register
from tokapp.jobs.worker import Worker, run_worker

__all__ = ["Context", "Handler", "Worker", "register", "run_worker"]
