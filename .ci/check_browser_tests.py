"""Fail unless the browser tests of a JUnit report ran, every one."""

from __future__ import annotations

import sys
from xml.etree import ElementTree


def main(path: str) -> int:
    """0 when at least one test under tests/browser ran and none was skipped."""
    cases = [case for case in ElementTree.parse(path).iter("testcase") if "tests.browser" in case.get("classname", "")]
    skipped = [case.get("name") for case in cases if case.find("skipped") is not None]
    if not cases or skipped:
        print(f"browser tests: {len(cases)} found, {len(skipped)} skipped: {', '.join(map(str, skipped))}")
        return 1
    print(f"browser tests: {len(cases)} ran")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
