"""What the element's script weighs, and what of: the table that `npm run size` prints in `web/`."""

import subprocess
from pathlib import Path

_WEB = Path(__file__).parents[1] / "web"


def table() -> str:
    """The first load, module by module, and what comes later; sizes as they travel, and as they are."""
    weighing = ["npm", "run", "--silent", "size"]
    printed = subprocess.run(weighing, cwd=_WEB, check=True, capture_output=True, text=True).stdout
    return f"The element\n{printed}"
