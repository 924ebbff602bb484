"""Reasons in words: what a person noted, what a template says, or what a language model was asked for."""

from tokapp.explanations.wording.chat import ask_chat
from tokapp.explanations.wording.notes import note_of
from tokapp.explanations.wording.reason import Source, Wording, content_words, named_words
from tokapp.explanations.wording.template import LANGUAGES, known_language, lexicons_of, template_reason

__all__ = [
    "LANGUAGES",
    "Source",
    "Wording",
    "ask_chat",
    "content_words",
    "known_language",
    "lexicons_of",
    "named_words",
    "note_of",
    "template_reason",
]
