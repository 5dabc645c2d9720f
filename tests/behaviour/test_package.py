"""The distributions carry all that runs; whoever has the sdist needs no Node.js."""

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def build(kind: str, source: Path, out: Path, path: str) -> Path:
    """Build one distribution of `source` with the commands on `path`."""
    command = [
        sys.executable,
        "-m",
        "build",
        f"--{kind}",
        "--no-isolation",
        "--outdir",
        str(out),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "PATH": path})
    return next(out.iterdir())


def test_a_wheel_built_from_the_sdist_without_npm_is_whole(tmp_path: Path) -> None:
    sdist = build("sdist", _ROOT, tmp_path / "sdist", os.environ["PATH"])
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    wheel = build("wheel", tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "wheel", path="/nowhere")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    needed = {
        "chatkeep/_web/chatkit.js",
        "chatkeep/_web/index.html",
        "chatkeep/_web/page.js",
        "chatkeep/_web/source.css",
        "chatkeep/adapters/sql/migrations/versions/r0001_first_light.py",
        "chatkeep/agents/instructions.md",
        "chatkeep/http/templates/source.html",
        "chatkeep/py.typed",
    }
    assert needed <= names
    assert not any("node_modules" in name or name.startswith("tests/") for name in names)


def test_the_npm_package_has_the_module_the_script_the_types_and_nothing_else() -> None:
    web = _ROOT / "web"
    subprocess.run(["npm", "run", "--silent", "package"], cwd=web, check=True, capture_output=True)
    packing = ["npm", "pack", "--dry-run", "--json", "--ignore-scripts"]
    (packed,) = json.loads(subprocess.run(packing, cwd=web, check=True, capture_output=True).stdout)
    names = {each["path"] for each in packed["files"]}
    assert {
        "LICENSE",
        "README.md",
        "package.json",
        "dist/chatkit.d.ts",
        "dist/index.js",
        "dist/script/chatkit.js",
    } <= names
    rest = [name for name in names if name.startswith("dist/") and name.count("/") == 2]
    assert any(re.fullmatch(r"dist/chunks/HistoryPanel-[\w-]+\.js", name) for name in rest)
    assert any(re.fullmatch(r"dist/script/HistoryPanel-[\w-]+\.js", name) for name in rest)
    assert all(re.fullmatch(r"dist/(chunks|script)/[\w-]+\.js", name) for name in rest)
    assert names - set(rest) == {
        "LICENSE",
        "README.md",
        "package.json",
        "dist/chatkit.d.ts",
        "dist/index.js",
    }
    manifest = json.loads((web / "package.json").read_text())
    exported = [manifest["types"], *manifest["exports"]["."].values(), manifest["unpkg"]]
    assert {path.removeprefix("./") for path in exported} <= names
    # A server that renders pages imports it, too, where there is no DOM.
    subprocess.run(
        ["node", "--input-type=module", "-e", "await import('./dist/index.js')"], cwd=web, check=True
    )
