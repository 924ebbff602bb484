"""Code points in Python and UTF-16 units in the editor name the same places, for any text: both sides are asked."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parents[2]
OFFSETS = ROOT / "tokapp" / "ui" / "span_editor" / "static" / "offsets.js"
SCRIPT = f"""
import {{ Offsets }} from {json.dumps(OFFSETS.as_uri())};
let input = "";
for await (const piece of process.stdin.setEncoding("utf8")) input += piece;
const answers = JSON.parse(input).map(([text, start, end]) => {{
  const offsets = new Offsets(text);
  const units = [offsets.toUnit(start), offsets.toUnit(end)];
  const points = units.map((unit) => offsets.toPoint(unit));
  return {{ length: offsets.length, units, slice: text.slice(...units), points }};
}});
process.stdout.write(JSON.stringify(answers));
"""
# Plain letters, joiners, combining marks, line ends, right-to-left letters, and much beyond the first plane.
LETTERS = st.one_of(
    st.sampled_from(list("ab \t\r\n👩\u200d👧🎉𝒜e\u0301日ب\u202e\ufe0f🇩🇪")),
    st.characters(exclude_categories=["Cs"]),
    st.characters(min_codepoint=0x10000, max_codepoint=0x10FFFF),
)
CASE = st.text(LETTERS, max_size=40).flatmap(
    lambda text: st.tuples(st.just(text), st.integers(0, len(text)), st.integers(0, len(text)))
)


def ask_the_editor(cases: list[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """What the editor makes of each text and its two code point offsets."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is needed for the editor's unit tests: install Debian's `nodejs`"
    command = [node, "--input-type=module", "-e", SCRIPT]
    done = subprocess.run(
        command, input=json.dumps(cases), capture_output=True, text=True, encoding="utf-8", check=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(CASE, min_size=20, max_size=80))
def test_both_sides_of_the_border_cut_the_same_piece(drawn: list[tuple[str, int, int]]) -> None:
    cases = [(text, min(one, other), max(one, other)) for text, one, other in drawn]
    for (text, start, end), answer in zip(cases, ask_the_editor(cases), strict=True):
        assert answer["length"] == len(text)
        assert answer["slice"] == text[start:end]
        assert answer["units"] == [len(text[:place].encode("utf-16-le")) // 2 for place in (start, end)]
        assert answer["points"] == [start, end]
