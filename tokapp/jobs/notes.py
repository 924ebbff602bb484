"""What a model warns of while a job uses it, for the job's log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_MODELS = logging.getLogger("tokapp.models")


class Notes(logging.Handler):
    """Hands on, while it is open, the warnings that models give in the thread that opened it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell, self._thread = tell, threading.get_ident()
        _MODELS.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand on one warning."""
        if record.thread == self._thread:
            self._tell(record.getMessage())

    def close(self) -> None:
        """Hear no more."""
        _MODELS.removeHandler(self)
        super().close()
