"""Per-word probabilities as bytes: a few bytes a word, readable without pickle.

Layout: magic "W1", the number of words and of classes (uint32, little endian), the length of the class names, the
names as JSON, then one zlib stream of the offsets (int32, as differences) and the probabilities (float16). With the
magic "W2" the words' disagreement (float16) follows in the stream.
"""

from __future__ import annotations

import json
import struct
import zlib

import numpy as np

from tokapp.documents import WordScores
from tokapp.errors import StoreError

_HEAD = struct.Struct("<2sIII")
_MAGIC, _VOTED = b"W1", b"W2"


def pack(words: WordScores) -> bytes:
    """The bytes of word scores; they are rounded to float16 (about three digits)."""
    count, classes = words.probabilities.shape
    names = json.dumps(words.classes).encode()
    steps = np.diff(words.offsets.astype("<i4").ravel(), prepend=np.int32(0)).astype("<i4")
    apart = b"" if words.disagreement is None else words.disagreement.astype("<f2").tobytes()
    body = zlib.compress(steps.tobytes() + words.probabilities.astype("<f2").tobytes() + apart, 1)
    magic = _MAGIC if words.disagreement is None else _VOTED
    return _HEAD.pack(magic, count, classes, len(names)) + names + body


def unpack(packed: bytes) -> WordScores:
    """The word scores that `pack` wrote: offsets int32 [words, 2], probabilities float32 [words, classes]."""
    magic, count, classes, length = _HEAD.unpack_from(packed)
    if magic not in (_MAGIC, _VOTED):
        raise StoreError("the word scores of this prediction cannot be read: predict the document again")
    names = json.loads(packed[_HEAD.size : _HEAD.size + length])
    body = zlib.decompress(packed[_HEAD.size + length :])
    offsets = np.cumsum(np.frombuffer(body, "<i4", 2 * count), dtype=np.int32).reshape(count, 2)
    probabilities = np.frombuffer(body, "<f2", count * classes, offset=8 * count).astype(np.float32)
    end = 8 * count + 2 * count * classes
    apart = np.frombuffer(body, "<f2", count, offset=end).astype(np.float32) if magic == _VOTED else None
    return WordScores(offsets, probabilities.reshape(count, classes), tuple(names), apart)
