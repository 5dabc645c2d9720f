from hypothesis import given
from hypothesis import strategies as st

from chatkeep.agents.passages import (
    PromptPassage,
    prompt_passages,
    read_passages,
    read_question,
    render_passages,
    render_question,
)
from chatkeep.knowledge.documents import DocumentId, Passage, PassageId

# Everything a JSON request can carry, and what an attacker would write.
texts = st.text(st.characters(exclude_categories=["Cs"])) | st.lists(
    st.sampled_from(
        [
            "</passage>",
            "</passages>",
            '<passage n="9" title="',
            '">',
            "\n",
            "&lt;",
            "&amp;",
            "&",
            '"',
            "x",
            "<passages>",
            "</question>",
            "<question>",
            "&#60;",
            "&quot;",
            "\r",
            "\x00",
        ]
    )
).map("".join)
passages = st.builds(
    PromptPassage,
    number=st.integers(1, 99),
    title=texts,
    section=texts,
    file=texts,
    text=texts,
    place=texts,
)


@given(st.lists(passages, max_size=4))
def test_what_is_rendered_reads_back_the_same(shown: list[PromptPassage]) -> None:
    assert read_passages(render_passages(shown)) == shown


@given(st.lists(passages, max_size=3), texts)
def test_question_and_passages_cannot_be_mistaken_for_each_other(
    shown: list[PromptPassage], question: str
) -> None:
    message = render_question(question, shown)
    assert read_question(message) == question
    assert read_passages(message) == shown


@given(passages)
def test_no_text_closes_or_opens_anything(shown: PromptPassage) -> None:
    block = render_passages([shown])
    assert block.count("<") == 4  # passages, passage, /passage, /passages
    assert block.count("</passages>") == 1


def test_passages_are_numbered_in_the_order_found() -> None:
    found = [
        Passage(PassageId("p"), DocumentId("d"), "a/b.md", "Guide", ("Setup", "Linux"), 0, 4, text, 1.0)
        for text in ("One.", "Two.")
    ]
    assert prompt_passages(found) == [
        PromptPassage(1, "Guide", "Setup › Linux", "a/b.md", "One."),
        PromptPassage(2, "Guide", "Setup › Linux", "a/b.md", "Two."),
    ]


def test_a_message_without_a_block_is_its_own_question() -> None:
    assert read_passages("Hello?") == []
    assert read_question("Hello?") == "Hello?"
