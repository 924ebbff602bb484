"""The house's rules, held from the files' own imports: they only go down, and heavy things stay on their floors."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "documents": 1, "words": 1, "errors": 1, "settings": 1, "places": 1, "patterns": 1, "roles": 1,
    "reasons": 1,
    "door": 2,
    "tasks": 2, "formats": 2, "evaluation": 2,
    "models": 3, "store": 3,
    "inference": 4, "training": 4, "ranking": 4,
    "explanations": 5, "diagnostics": 5,
    "jobs": 6, "home": 6, "doctor": 6, "ui": 6,
    "api": 7, "cli": 7, "__main__": 7,
}  # fmt: skip
# A model predicts and explains by handing itself to the floors above, at call time; everything else goes down.
DELEGATES = {("models", "inference"), ("models", "explanations")}


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def _modules() -> list[Path]:
    return sorted((ROOT / "tokapp").rglob("*.py"))


def _floor_name(file: Path) -> str:
    return file.relative_to(ROOT / "tokapp").parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", _modules(), ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_only_go_down(file: Path) -> None:
    name = _floor_name(file)
    if name == "__init__":
        return
    for imported in _imports(file):
        parts = imported.split(".")
        if parts[0] != "tokapp" or len(parts) < 2 or parts[1] not in FLOORS:
            continue
        allowed = FLOORS[parts[1]] <= FLOORS[name] or (name, parts[1]) in DELEGATES
        assert allowed, f"{name} (floor {FLOORS[name]}) imports {imported} (floor {FLOORS[parts[1]]})"


@pytest.mark.parametrize("file", _modules(), ids=lambda file: str(file.relative_to(ROOT)))
def test_streamlit_stays_in_the_ui_and_torch_above_the_tasks(file: Path) -> None:
    name = _floor_name(file)
    roots = {imported.split(".")[0] for imported in _imports(file)}
    assert name == "ui" or "streamlit" not in roots
    assert FLOORS.get(name, 1) >= 3 or not roots & {"torch", "transformers", "peft"}


@pytest.mark.parametrize("file", [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))], ids=lambda file: file.name)
def test_a_page_has_no_sql_and_no_torch_and_stays_short(file: Path) -> None:
    roots = {imported.split(".")[0] for imported in _imports(file)}
    assert not roots & {"torch", "sqlalchemy", "transformers", "sqlite3"}
    assert len(file.read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("file", [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))], ids=lambda file: file.name)
def test_pages_that_are_first_asked_for_at_once_wait_for_each_others_imports(file: Path) -> None:
    ours = [line for line in file.read_text("utf-8").splitlines() if line.startswith(("import tokapp", "from tokapp"))]
    assert ours[0].startswith("import tokapp.ui.ready")


def test_importing_tokapp_loads_nothing_heavy() -> None:
    code = "import sys, tokapp; print(sorted({'torch','streamlit','transformers','shap','pandas'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_terminal_shows_its_help_before_anything_heavy_is_loaded() -> None:
    """The names of roles once came from the store, and brought its whole database layer along."""
    heavy = "{'torch','streamlit','transformers','shap','pandas','sqlalchemy','alembic'}"
    code = f"import sys, tokapp.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_no_file_has_grown_past_its_reason() -> None:
    sources = [*_modules(), *(ROOT / "tokapp").rglob("*.js"), *(ROOT / "pages").glob("*.py")]
    lines = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in sources}
    long = {file: count for file, count in lines.items() if count > 400}
    assert not long


def test_nothing_is_pickled_and_no_remote_code_is_trusted() -> None:
    words = ("import pickle", "torch.load(", "trust_remote_code=True", "unsafe_allow_html=True")
    for file in [*_modules(), ROOT / "app.py", *(ROOT / "pages").glob("*.py")]:
        text = file.read_text("utf-8")
        assert not [word for word in words if word in text], file
