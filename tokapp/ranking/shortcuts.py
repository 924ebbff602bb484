"""Right for a wrong reason: how much of a decision rests on words that should not decide it.

Digits, names, mail headers and signatures tell who wrote, when, and to whom. A model that goes by them is right on the
data it knows and wrong on the rest (shortcut learning, Geirhos et al. 2020).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

from tokapp.documents import Attribution, Offset

_NAME = re.compile(r"(?<=[\w,;:] )[A-Z][a-z]+(?:[ -][A-Z][a-z]+)*")
_HEADER = re.compile(r"^[ \t>]{0,20}[A-Z][\w-]{1,40}: ?\S.*$", re.MULTILINE)
_SIGNATURE = re.compile(
    r"^(?:-- ?$|_{20,}[ \t]*$|(?:best |kind |warm )?regards\b|sincerely\b|cheers,|thanks,).*(?:\n.*){0,14}\Z",
    re.MULTILINE | re.IGNORECASE,
)


Shortcut: TypeAlias = Literal["name", "header", "signature"]
_PATTERNS: tuple[tuple[Shortcut, re.Pattern[str]], ...] = (
    ("name", _NAME),
    ("header", _HEADER),
    ("signature", _SIGNATURE),
)


def shortcuts_in(text: str) -> list[tuple[Shortcut, Offset]]:
    """Where a text holds what looks like a name, a line of a mail's head, or a signature."""
    return [(kind, match.span()) for kind, pattern in _PATTERNS for match in pattern.finditer(text)]


def shortcut_mass(text: str, attributions: Iterable[Attribution]) -> float:
    """Largest share of the absolute Shapley values of a decision that lies on shortcuts; 0 without any decision.

    Reasons among question and passages do not count: their words lie in other texts.
    """
    shortcuts = [place for _, place in shortcuts_in(text)]
    return max((_share(text, one, shortcuts) for one in attributions if not one.parts), default=0.0)


def _share(text: str, attribution: Attribution, shortcuts: Iterable[Offset]) -> float:
    places = list(shortcuts)
    weights = [abs(value) for value in attribution.values]
    held = [
        weight
        for weight, (start, end) in zip(weights, attribution.words, strict=True)
        if any(map(str.isdigit, text[start:end])) or any(a < end and start < b for a, b in places)
    ]
    return sum(held) / sum(weights) if sum(weights) > 0 else 0.0
