"""The public names are there, sorted, and cost nothing until they are used."""

import subprocess
import sys

import chatkeep
import chatkeep.testing


def test_all_names_exist_and_are_sorted() -> None:
    for module in (chatkeep, chatkeep.testing):
        assert list(module.__all__) == sorted(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


def test_importing_the_package_loads_no_framework() -> None:
    heavy = ("fastapi", "agents", "sqlalchemy")
    code = f"import sys, chatkeep; sys.exit(any(name in sys.modules for name in {heavy}))"
    subprocess.run([sys.executable, "-c", code], check=True)
