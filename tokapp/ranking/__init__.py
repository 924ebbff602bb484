"""Which document a person should see next: scores per document, the higher the sooner.

Every ordering is one file with pure functions over predictions, labels or attributions. A job computes the scores of a
project and stores them; the queue is then a sort in SQL.
"""

from tokapp.ranking.orderings import ORDERINGS, Ordering, find_ordering

__all__ = ["ORDERINGS", "Ordering", "find_ordering"]
