"""Memory of a process that is about to serve for long."""

import gc


def settle_memory() -> None:
    """The imports are done: collect what they left, and never look at what they made again.

    An answer makes thousands of objects that die without the collector. At its usual pace it would look at
    them every few answers' worth of words, which is a tenth of what an answer costs.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
