"""The element's files on the disk: what is listed, and which versions stay."""

import base64
import hashlib
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chatkeep.cli.main import app
from chatkeep.core.errors import NotFound
from chatkeep.http import assets


def build(folder: Path, version: str, **files: str) -> Path:
    """A built element, whose files are these."""
    made = folder / "chatkit" / version
    made.mkdir(parents=True)
    for name, content in {"chatkit": "run();", **files}.items():
        (made / f"{name}.js").write_text(content)
    return folder


def test_each_version_that_was_served_is_kept(tmp_path: Path) -> None:
    kept = tmp_path / "element"
    assets.keep(kept, build(tmp_path / "one", "1.0.0", panel="panel"))
    two = build(tmp_path / "two", "2.0.0")
    assets.keep(kept, two)
    assert assets.find("1.0.0", "panel.js", kept, two).read_text() == "panel"
    assert assets.find("2.0.0", "chatkit.js", kept, two).is_relative_to(two)
    with pytest.raises(NotFound):
        assets.find("1.0.0", "panel.js", None, two)


def test_a_dozen_versions_are_kept_the_latest_served_among_them(tmp_path: Path) -> None:
    kept = tmp_path / "element"
    for number in range(14):
        assets.keep(kept, build(tmp_path / str(number), f"1.{number}.0"))
        os.utime(kept / f"1.{number}.0", (number, number))
    assets.keep(kept, tmp_path / "13")
    names = {path.name for path in kept.iterdir()}
    assert names == {f"1.{number}.0" for number in range(2, 14)}


def test_keeping_again_changes_nothing_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    kept, web = tmp_path / "element", build(tmp_path / "one", "1.0.0")
    assets.keep(kept, web)
    written = (kept / "1.0.0" / "chatkit.js").stat()
    assets.keep(kept, web)
    assert (kept / "1.0.0" / "chatkit.js").stat().st_ino == written.st_ino
    assert [path.name for path in (kept / "1.0.0").iterdir()] == ["chatkit.js"]


def test_an_element_that_is_not_built_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="make install"):
        assets.built_version(tmp_path)
    assets.keep(tmp_path / "element", tmp_path)
    assert not (tmp_path / "element").exists()


def test_the_listed_hashes_and_sizes_are_those_of_the_files() -> None:
    for each in assets.built_assets():
        path = assets.WEB / each.path.lstrip("/")
        digest = base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        assert each.integrity == f"sha384-{digest}"
        assert each.raw == path.stat().st_size
        assert each.gzip <= each.raw
    assert assets.built_assets()[0].path == f"/chatkit/{assets.built_version()}/chatkit.js"


def test_the_command_prints_the_line_that_pins_the_version() -> None:
    script = assets.built_assets()[0]
    shown = CliRunner().invoke(app, ["assets", "--url", "https://chat.example/"]).output
    assert f'src="https://chat.example{script.path}"' in shown
    assert f'integrity="{script.integrity}"' in shown
    assert 'crossorigin="anonymous"' in shown
    for each in assets.built_assets():
        assert each.path in shown
    found = json.loads(CliRunner().invoke(app, ["assets", "--json"]).output)
    assert found["version"] == assets.built_version()
    assert found["files"][0]["integrity"] == script.integrity
