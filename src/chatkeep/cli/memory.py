"""Memory of a process that is about to serve for long."""

import gc


def settle_memory() -> None:
    """The imports are done: collect what they left, and never look at what they made again."""
    gc.enable()
    gc.collect()
    gc.freeze()
