"""From the sentences selected to the answer people read: order, citations, and the words for "no". Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chatkeep.agents.passages import PromptPassage
from chatkeep.agents.select import Selection
from chatkeep.agents.sentences import Sentence

NOTHING_ASKED = (
    "Ask me something about the documents, and I answer with the sentences that fit best, "
    "each with its source."
)

_PLEASANTRIES = """
hi hello hey hallo hola bonjour salut ciao moin servus good morning afternoon evening day there thanks thank
you thx ty danke merci gracias grazie please ok okay cool great nice bye goodbye cheers test testing ping
yes no what can do who are help so very much how is it going everyone all a lot again
"""

# Words that ask for something to type rather than for something to know.
_HOW_TO = re.compile(
    r"\bhow\s+(?:do|does|can|could|should|would|to|might)\b|\bcommands?\b|\bexamples?\b|\bsnippets?\b|\bsyntax\b"
    r"|\b(?:install|configure|set\s?up|start|run|build|deploy|enable|disable|upgrade|embed|call)\w*\b",
    re.IGNORECASE,
)


def is_small_talk(question: str) -> bool:
    """Nothing was asked: a greeting, thanks, or nothing at all."""
    words = re.findall(r"\w+", question.lower())
    return not words or (len(words) <= 6 and set(_PLEASANTRIES.split()).issuperset(words))


def wants_steps(question: str) -> bool:
    """The question asks how something is done, so that a command or list of steps answers it best."""
    return bool(_HOW_TO.search(question))


def with_steps(question: str, selection: Selection, found: Sequence[Sentence]) -> Selection:
    """The selection, and with it the steps its best sentence leads to.

    "Ollama runs models on your machine. To use it, set these variables:" answers how with its second
    sentence, though the first says more of what was asked.
    """
    best = next(iter(selection.sentences), None)
    if best is None or best.block or not wants_steps(question):
        return selection
    following = (best.passage, best.position + 1)
    steps = next((one for one in found if (one.passage, one.position) == following and one.block), None)
    return replace(selection, sentences=(*selection.sentences, steps)) if steps else selection


def compose(question: str, selection: Selection, passages: Sequence[PromptPassage]) -> str:
    """The answer, in Markdown, each part followed by its `[n]`; without evidence, an honest no."""
    if not selection.sentences:
        return _nothing_found(passages)
    steps = wants_steps(question)
    return "\n\n".join(_rendered(run, steps) for run in _runs(selection.sentences))


def _runs(chosen: Sequence[Sentence]) -> Iterator[list[Sentence]]:
    """The sentences as they are read: passage by passage, the best one's first, neighbours together."""
    order = list(dict.fromkeys(sentence.passage for sentence in chosen))
    run: list[Sentence] = []
    for sentence in sorted(chosen, key=lambda one: (order.index(one.passage), one.position)):
        if run and not _continues(run[-1], sentence):
            yield run
            run = []
        run.append(sentence)
    if run:
        yield run


def _continues(before: Sentence, after: Sentence) -> bool:
    adjacent = before.passage == after.passage and after.position == before.position + 1
    return adjacent and before.item == after.item and not before.block


def _rendered(run: Sequence[Sentence], steps: bool) -> str:
    number = f"[{run[0].passage}]"
    block = run[-1].block
    if len(run) > 1 and run[0].item:
        text = "\n".join(f"- {sentence.text}" for sentence in run)
    else:
        text = " ".join(sentence.text for sentence in run)
    if not block or not (steps or text.endswith(":")):
        return f"{text} {number}"
    # The citation stands in the sentence that leads to the block, not alone below it.
    return f"{text} {number}\n\n{block}"


def _nothing_found(passages: Sequence[PromptPassage]) -> str:
    titles = [f"“{title}”" for title in _distinct(passage.title for passage in passages)][:2]
    if not titles:
        return "I found nothing about this in the documents."
    nearest = " and ".join(titles)
    return (
        "I found no answer to this in the documents. "
        f"The nearest they come is {nearest}; asking in other words may help."
    )


def _distinct(titles: Iterable[str]) -> list[str]:
    return [title for title in dict.fromkeys(titles) if title]
