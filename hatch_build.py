"""Build hook: puts the built element into the distributions.

From a checkout the element is built with npm. An sdist carries it already, so building a wheel
from one needs no Node.js.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ElementBuildHook(BuildHookInterface[Any]):
    """Builds `web/` into `src/chatkeep/_web/` unless it is there."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        built = root / "src" / "chatkeep" / "_web" / "chatkit.js"
        if version == "editable" or built.exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("Building chatkeep from a checkout needs Node.js 20 and npm to build web/.")
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=root / "web", check=True)
        subprocess.run([npm, "run", "build"], cwd=root / "web", check=True)
