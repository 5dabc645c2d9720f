"""The conformance suite: what a ChatKit must do, case by case, where it is tested, and the page about it."""
