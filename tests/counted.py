"""Programs for tests that kill them: what they cut into tokens, and so score, leaves a line for every document."""

from __future__ import annotations

_COUNTED = """
import os, sys
from tokapp.models.encoding import Encoder

encode, log = Encoder.encode, open(sys.argv[1], "a", buffering=1)

def counted(self, documents):
    log.writelines(f"{document.id}\\n" for document in documents if document.id != "warm-up")
    return encode(self, documents)

Encoder.encode = counted
"""


def counting(program: str) -> str:
    """A Python program whose first argument is the file of those lines."""
    return _COUNTED + program
