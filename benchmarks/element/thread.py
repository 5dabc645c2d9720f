"""A long thread as people have them: questions, and answers in Markdown of every kind. The same each time."""

from collections.abc import Iterator
from itertools import cycle, islice, pairwise
from typing import Any

THREAD_ID = "thr_long"
_CREATED = "2030-01-01T00:00:00Z"

_ANSWERS = (
    """\
The index keeps **two vectors** a passage: a dense one and one that counts words. A search asks both at once \
and *fuses their scores*, so that a rare word and a rephrased question both find their passage.

1. The question is embedded.
2. Both legs are asked in one call.
3. Scores are brought to one scale.
4. The best passages are taken within a budget of tokens.

See [the retrieval page](https://docs.example/retrieval) for each step and what it costs.
""",
    """\
## What to set

Three settings decide how much memory a server takes:

| Setting | Default | Meaning |
| --- | ---: | --- |
| `workers` | 1 | processes that answer |
| `cache` | 256 MB | pages of the index in memory |
| `idle` | 600 s | until the model is let go of |

Everything else follows from the documents. A corpus of *fifty thousand* passages takes some `180 MB` \
on disk and less than a tenth of that in memory.
""",
    """\
Write it like this:

```python
import asyncio


async def follow(run: Run, after: int) -> list[Event]:
    events: list[Event] = []
    async for event in run.read(after):
        if event.seq <= after:
            continue
        events.append(event)
        after = event.seq
    return events


asyncio.run(follow(Run("run_1"), after=0))
```

The loop ends when the run does, *not* when the connection is lost.
""",
    """\
Yes, with two conditions:

- the document was read **after** the change, and
- nobody has moved the heading it stands under:
    - a renamed heading keeps its passages,
    - a deleted one does not.

> What was cited belongs to whoever asked, and goes with the thread.

### In short

A citation stays right as long as its passage stands, and says so when it does not. That holds for PDF, Word \
and Markdown alike.
""",
)
_QUESTIONS = (
    "How does the search find rare words?",
    "Which settings decide how much memory it takes?",
    "Show me how to follow a run from where the connection was lost.",
    "Is a citation still right after the document was changed, and what if somebody has renamed the heading?",
)


def items(count: int) -> list[dict[str, Any]]:
    """So many messages, oldest first: questions and answers in turn."""
    return [_question(n) if n % 2 == 0 else answer(f"msg_{n:06}", _ANSWERS[n // 2 % 4]) for n in range(count)]


def answer(item_id: str, *texts: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    return {**_item(item_id, "assistant_message"), "content": content}


def question(item_id: str, text: str) -> dict[str, Any]:
    return {
        **_item(item_id, "user_message"),
        "content": [{"type": "input_text", "text": text}],
        "attachments": [],
        "inference_options": {},
    }


def tokens(count: int) -> Iterator[str]:
    """So many pieces of an answer, as a model would send them: about a word each."""
    words = (word for text in cycle(_ANSWERS) for word in _pieces(f"{text}\n"))
    return islice(words, count)


def _pieces(text: str) -> Iterator[str]:
    start = 0
    for at, (here, following) in enumerate(pairwise(text), 1):
        if following == " " or here == "\n":
            yield text[start:at]
            start = at
    yield text[start:]


def _question(number: int) -> dict[str, Any]:
    return question(f"msg_{number:06}", f"{number // 2 + 1}. {_QUESTIONS[number // 2 % 4]}")


def _item(item_id: str, kind: str) -> dict[str, Any]:
    return {"id": item_id, "thread_id": THREAD_ID, "created_at": _CREATED, "type": kind}
