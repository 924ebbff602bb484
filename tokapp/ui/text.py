"""Words on the screen: names shown as they are, numbers with separators, times as people say them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Streamlit reads labels, headings, captions and messages as Markdown with its own directives: every character that
# could open one is escaped, also ":" (icons, colours), "$" (formulas), "<" (links) and "&" (entities).
_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&@=^])")
# Embeddings, overrides and isolates; the marks that only lean a neighbour to one side stay as they are.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_HALVES = re.compile("[\ud800-\udfff]")
# Bare addresses become links, and names between colons icons, even where each of their characters is escaped, for they
# are looked for after the escapes were read. An invisible joiner inside prevents it.
_LATE = re.compile(r"(https?:(?=//)|www(?=\.)|@(?=[\w-])|:(?=[\w+/-]+:))", re.IGNORECASE)
_JOINER = "\u2060"
_BLANKS = re.compile(r"\s+")
_STEPS = ((60, 1, "second"), (3600, 60, "minute"), (86400, 3600, "hour"), (86400 * 30, 86400, "day"))


def plain(text: str) -> str:
    """The text without the power to turn the direction of what stands beside it: such characters are spelled out.

    Half characters (lone surrogates), which no screen can show, become U+FFFD.
    """
    text = _HALVES.sub("\ufffd", text)
    return _TURNS.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def escape(text: str) -> str:
    """The text such that Streamlit's Markdown shows exactly its characters (line breaks become blanks)."""
    return _MARKUP.sub(r"\\\1", _LATE.sub(rf"\1{_JOINER}", _BLANKS.sub(" ", plain(text))))


_PICTURE = re.compile(r"!(?=\\?\[)")


def markdown(text: str) -> str:
    """A person's Markdown such that it loads nothing: pictures become links; HTML is never drawn by Streamlit."""
    return _PICTURE.sub(f"!{_JOINER}", plain(text))


def escape_badge(text: str) -> str:
    """As `escape`, for `st.badge`, which escapes brackets by itself."""
    return escape(text).replace("\\[", "[").replace("\\]", "]")


def shorten(text: str, length: int = 60) -> str:
    """The text on one line, plain, cut at `length` characters with an ellipsis."""
    line = plain(_BLANKS.sub(" ", text).strip())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def excerpt(text: str, words: str, length: int) -> str:
    """About `length` characters of the text on one line, around the first of the words that is found in it."""
    found = [place.start() for word in words.split() if (place := re.search(re.escape(word), text, re.IGNORECASE))]
    start = max(min(found, default=0) - length // 3, 0)
    return ("…" if start else "") + shorten(text[start : start + 4 * length], length)


def number(value: int) -> str:
    """A whole number with thousands separators."""
    return f"{value:,}"


def count(value: int, noun: str) -> str:
    """`1 review`, `2,000 reviews`."""
    return f"{value:,} {noun if value == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """The plural of an English noun, by its ending."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "x", "ch", "sh")) else f"{noun}s"


def percent(share: float, digits: int = 0) -> str:
    """`91 %`; shares that would round to 0 or 100 without being it are shown as `< 1 %` and `> 99 %`."""
    shown = round(share * 100, digits)
    if share > 0 and shown == 0:
        return "< 1 %"
    return "> 99 %" if share < 1 and shown == 100 else f"{shown:.{digits}f} %"


def ago(moment: datetime | None, *, now: datetime | None = None) -> str:
    """How long ago something was, in words; the date if that is more than a month."""
    if moment is None:
        return "never"
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = ((now or datetime.now(UTC)) - aware).total_seconds()
    if seconds < 10:
        return "just now"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{count(int(seconds // unit), name)} ago"
    return f"{aware:%d %b %Y}"


def duration(seconds: float | None) -> str:
    """`8 s`, `2 min 5 s`, `1 h 3 min`; a dash if unknown."""
    if seconds is None:
        return "–"
    whole = max(round(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
