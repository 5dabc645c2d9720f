"""What streaming costs and how far it carries, `chatkeep serve` and the usual wiring side by side.

`model` is a paced Chat Completions API, `load` asks and reads, each in a process of its own; `processes`
runs them and the two servers, `figures` measures, `report` prints.
"""
