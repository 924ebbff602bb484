"""The orderings that a person can pick: what each is called, what it needs, and what its scores mean."""

from __future__ import annotations

from dataclasses import dataclass

from tokapp.errors import NotFound


@dataclass(frozen=True, slots=True)
class Ordering:
    """A way to order what is left to label.

    `is_scored` says that a job has to score the documents first. `is_active` says that a model chose: documents that
    are labelled in this order say nothing about how good the model is elsewhere, so held-out documents never take part.
    `is_review` looks at labelled documents again instead of those that are left. `low` and `high` name the ends of the
    scores, which lie between 0 and 1.
    """

    name: str
    title: str
    says: str
    is_scored: bool = True
    is_active: bool = True
    is_review: bool = False
    high: str = ""
    low: str = ""


ORDERINGS = (
    Ordering("oldest", "Oldest first", "In the order in which they came in.", is_scored=False, is_active=False),
    Ordering("random", "Random", "In an order that nothing in the text decides.", is_scored=False, is_active=False),
    Ordering(
        "margin",
        "Least sure: close calls",
        "Where the two likeliest labels of a span or of the text are nearly as likely as each other.",
        high="a close call",
        low="a clear case",
    ),
    Ordering(
        "entropy",
        "Least sure: spread out",
        "Where the model spreads its belief over several labels.",
        high="no idea",
        low="certain",
    ),
    Ordering(
        "label_errors",
        "Likely label errors",
        "Labelled documents whose labels a model that never saw them does not believe.",
        is_review=True,
        high="label doubted",
        low="label believed",
    ),
    Ordering(
        "disagreement",
        "Models disagree",
        "Where the model in use and the one before mark different spans, or where the members of an ensemble differ.",
        high="nothing in common",
        low="all the same",
    ),
    Ordering(
        "people",
        "People disagree",
        "Documents that several people finished, those first on which they marked the most different words.",
        is_active=False,
        is_review=True,
        high="nothing in common",
        low="all the same",
    ),
    Ordering(
        "shortcuts",
        "Right for a wrong reason",
        "Where digits, names, headers or signatures decided instead of what the text says.",
        high="decided by shortcuts",
        low="decided by words",
    ),
    Ordering(
        "typical",
        "Most typical",
        "The middle of every group of similar texts first, one group after the other.",
        high="typical",
        low="unusual",
    ),
    Ordering(
        "diverse",
        "Most diverse",
        "Every next text as far as possible from all before it.",
        high="unlike the others",
        low="like the others",
    ),
)
"""Every ordering, in the order in which a page offers them."""


def find_ordering(name: str) -> Ordering:
    """The ordering of that name; raises NotFound naming the ones there are."""
    found = next((one for one in ORDERINGS if one.name == name), None)
    if found is None:
        raise NotFound(f"there is no order {name!r}; there are: {', '.join(one.name for one in ORDERINGS)}")
    return found
