"""Neighbours: passages shown with the text around them, as far as there is room. Pure.

A passage is a few hundred tokens cut out of a document. What stands before and after it often says what
it is about, or goes on with the steps it begins. Each passage keeps its id, so that a citation of it
opens where it was found; its offsets stay exact, so `document.text[start:end]` is what the model reads.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from chatkeep.knowledge.budget import tokens
from chatkeep.knowledge.documents import Document, DocumentId, Passage

_BREAKS = ("\n\n", ". ", "\n", " ")  # where text around a passage may begin or end, the best first


def surround(
    passages: Sequence[Passage], documents: Mapping[DocumentId, Document], reach: int, budget: int
) -> list[Passage]:
    """The passages with up to `reach` characters on either side; those that meet are one.

    Args:
        passages: best first. Of two that meet, the better one's id, names and place in the order stay.
        documents: a passage whose document is not there, or says something else by now, stays as it is.
        budget: tokens in all. The best are widened first, while there is room; nothing is left out.
    """
    left = budget - sum(tokens(passage.text) for passage in passages)
    shown: list[Passage] = []
    by_document: dict[DocumentId, list[int]] = defaultdict(list)
    for place, passage in enumerate(passages):
        document = documents.get(passage.document_id)
        shown.append(passage)
        if document is None or document.text[passage.start : passage.end] != passage.text:
            continue
        by_document[document.id].append(place)
        wider = _cut(passage, document, *_around(document.text, passage, reach))
        cost = tokens(wider.text) - tokens(passage.text)
        if cost <= left:
            shown[place] = wider
            left -= cost
    return _merged(shown, by_document, documents)


def _around(text: str, passage: Passage, reach: int) -> tuple[int, int]:
    """From the first break within reach to the last, or as it is where there is none."""
    before = text[max(0, passage.start - reach) : passage.start]
    after = text[passage.end : passage.end + reach]
    start, end = passage.start - len(before), passage.end + len(after)
    if start > 0:
        at = next((at + len(sign) for sign in _BREAKS if (at := before.find(sign)) >= 0), len(before))
        start += at
    if end < len(text):
        at = next((at + len(sign) for sign in _BREAKS if (at := after.rfind(sign)) >= 0), 0)
        end = passage.end + at
    blank_before = passage.start - start - len(text[start : passage.start].lstrip())
    blank_after = end - passage.end - len(text[passage.end : end].rstrip())
    return start + blank_before, end - blank_after


def _merged(
    passages: Sequence[Passage],
    by_document: Mapping[DocumentId, Sequence[int]],
    documents: Mapping[DocumentId, Document],
) -> list[Passage]:
    """One passage for each run of text, where its best one stood."""
    merged = dict(enumerate(passages))
    for id_, places in by_document.items():
        for run in _runs(passages, places):
            start, end = passages[run[0]].start, max(passages[place].end for place in run)
            best = _cut(passages[min(run)], documents[id_], start, end)
            for place in run:
                del merged[place]
            merged[min(run)] = best
    return [merged[place] for place in sorted(merged)]


def _runs(passages: Sequence[Passage], places: Sequence[int]) -> list[list[int]]:
    """Places of passages that touch or overlap, each run in the order of the text."""
    runs: list[list[int]] = []
    reached = -1
    for place in sorted(places, key=lambda place: passages[place].start):
        if runs and passages[place].start <= reached:
            runs[-1].append(place)
        else:
            runs.append([place])
        reached = max(reached, passages[place].end)
    return runs


def _cut(passage: Passage, document: Document, start: int, end: int) -> Passage:
    return replace(passage, start=start, end=end, text=document.text[start:end])
