"""`python -m chatkeep` is the `chatkeep` command."""

from chatkeep.cli.main import main

main()
