"""Errors of tokapp. Every message says what happened, where, and what to do.

TokappError
  + BadInput              a file, row, form or argument from outside is not usable; carries where
  |   + BadSpan           a span lies outside of its text, is empty, or has an unknown label
  |   + UnknownLabel      a label the task does not have
  + NotFound              no such project, document, model, task, job or account
  + Forbidden             the person's role does not allow it
  + TooManyAttempts       too many sign-ins in vain; carries the minutes to wait
  + StoreError
  |   + StaleRevision     somebody else saved first; carries the revision that is there now
  |   + StoreUnavailable  the database cannot be opened or written
  + ModelError
  |   + ModelUnavailable  a backbone or model cannot be reached or loaded
  |   + ModelCorrupt      a model folder's checksum or content is wrong
  |   + StreamFull        a stream has used the model's positions; in tokapp.inference.streaming
  + ReasonUnavailable     a language model gave no reason for a decision
  + TrainingError         a training set or recipe cannot be used
  + JobCancelled          a person cancelled the running job
  + LeaseLost             another worker has taken this job over; write nothing more
"""

from __future__ import annotations


class TokappError(Exception):
    """Everything that tokapp raises on purpose; `str(error)` is a sentence a person can act on."""


class BadInput(TokappError):
    """Something from outside is not usable; `where` names file, line or row."""

    def __init__(self, message: str, *, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class BadSpan(BadInput):
    """A span lies outside of its text, is empty, or has an unknown label."""


class UnknownLabel(BadInput):
    """A label that the task does not have."""


class NotFound(TokappError):
    """No such project, document, model, task, job or account."""


class Forbidden(TokappError):
    """The person's role does not allow it."""


class TooManyAttempts(TokappError):
    """Too many sign-ins in vain under one name, which may exist or not."""

    def __init__(self, *, minutes: int) -> None:
        super().__init__(f"Too many attempts. Try again in {minutes} minute{'' if minutes == 1 else 's'}.")
        self.minutes = minutes


class StoreError(TokappError):
    """The store refused."""


class StaleRevision(StoreError):
    """The document changed since the page was opened."""

    def __init__(self, document: str, *, seen: int, now: int) -> None:
        super().__init__(f"{document} is at revision {now}, you worked on revision {seen}: look at both and choose")
        self.document, self.seen, self.now = document, seen, now


class StoreUnavailable(StoreError):
    """The database cannot be opened or written."""


class ModelError(TokappError):
    """A model cannot do what was asked."""


class ModelUnavailable(ModelError):
    """A backbone or model cannot be reached or loaded."""


class ModelCorrupt(ModelError):
    """A model folder is damaged: a file is missing or its checksum is wrong."""


class ReasonUnavailable(TokappError):
    """A language model that was asked for a reason gave none."""


class TrainingError(TokappError):
    """A training set or a recipe cannot be used."""


class JobCancelled(TokappError):
    """A person cancelled the running job."""


class LeaseLost(TokappError):
    """Another worker has taken this job over."""
