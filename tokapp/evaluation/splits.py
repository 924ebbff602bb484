"""Train, validation and test: drawn once by group, the same for ever, and never moved as documents are added."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Literal, TypeAlias

from tokapp.documents import Document, content_hash

Split: TypeAlias = Literal["train", "validation", "test"]

SPLITS: tuple[Split, ...] = ("train", "validation", "test")
"""Every side; what stands on a later one must not stand on an earlier one."""


def split_of(group: str, *, seed: str) -> Split:
    """The side of a group (a thread, an app user, a passage): 70 % train, 15 % validation, 15 % test.

    It depends on `seed` and `group` alone, so a group never changes sides and never stands on two.
    """
    bucket = int(sha256(f"{seed}:{group}".encode("utf-8", "surrogatepass")).hexdigest(), 16) % 100
    if bucket < 70:
        return "train"
    return "validation" if bucket < 85 else "test"


def group_of(document: Document) -> str:
    """What a document belongs to: its stated group (an app, a thread), the thread of a mail, its passages, or its text.

    A mail belongs to the first message that it goes back to. Answers to the same passages belong together. A document
    that belongs to nothing else is in a group with its own copies (see `likeness`).
    """
    stated = document.meta.get("group")
    if stated is not None and stated != "":
        return str(stated)
    if thread := _thread(document):
        return f"thread:{thread}"
    if document.contexts:
        return f"passages:{_digest(document.contexts)}"
    return likeness(document)


def likeness(document: Document) -> str:
    """A digest that documents share when text, question and passages differ in case, white space or form alone.

    Form is that of Unicode (NFKC): ligatures, full-width letters and composed accents count as what they stand for.
    """
    question = None if document.question is None else normalised(document.question)
    return content_hash(normalised(document.text), question, [normalised(one) for one in document.contexts])


def normalised(text: str) -> str:
    """Lower case, compatible characters as one, single blanks."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def components(documents: Sequence[Document]) -> list[int]:
    """The number of each document's part, counted from 0: what shares a group or is a copy is in the same one."""
    parent = list(range(len(documents)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    first: dict[str, int] = {}
    for place, document in enumerate(documents):
        for name in (f"group {group_of(document)}", f"like {likeness(document)}"):
            parent[root(place)] = root(first.setdefault(name, place))
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(place), len(numbers)) for place in range(len(documents))]


def without_leaks(train: Sequence[Document], held_out: Iterable[Document]) -> list[Document]:
    """Those of the training documents that are no copy of a held-out one and share no group with any."""
    taken = {key(one) for one in held_out for key in (group_of, likeness)}
    return [one for one in train if group_of(one) not in taken and likeness(one) not in taken]


def _thread(document: Document) -> str:
    for name in ("references", "in-reply-to", "message-id"):
        written = str(document.meta.get(name) or "")
        if found := re.search(r"<([^<>\s]+)>", written):
            return found[1]
    return ""


def _digest(passages: Sequence[str]) -> str:
    return content_hash("\n".join(normalised(one) for one in passages))
