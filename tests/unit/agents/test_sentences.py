from chatkeep.agents.passages import PromptPassage
from chatkeep.agents.sentences import Sentence, clean, sentences

GUIDE = """\
Read the [guide](http://example.com/a(1)) first [2]. It needs Python 3.11, e.g. from your distribution.
Then run:

```sh
pip install thing[1]
```

- Home
- The port is set with `THING_PORT`.
- Any of Linux, macOS

| setting | unit | meaning |
|---------|------|---------|
| `SPAN`  | s    | How long it [waits](x). |
| x       |      |         |

## Upgrade

```sh
pip install -U thing
```
"""


def split(text: str, section: str = "Install") -> list[Sentence]:
    return sentences(PromptPassage(3, "Thing", section, "guide.md", text))


def test_prose_items_and_rows_are_sentences_and_the_rest_is_not() -> None:
    assert [(sentence.text, sentence.item) for sentence in split(GUIDE)] == [
        ("Read the guide first.", False),
        ("It needs Python 3.11, e.g. from your distribution. Then run:", False),
        ("The port is set with `THING_PORT`.", True),
        ("Any of Linux, macOS", True),
        ("`SPAN`: s · How long it waits.", True),
        ("Upgrade:", False),
    ]


def test_a_code_block_stays_with_what_introduces_it() -> None:
    _, install, *_, upgrade = split(GUIDE)
    assert install.block == "```sh\npip install thing[1]\n```"
    assert upgrade.block == "```sh\npip install -U thing\n```"


def test_a_list_stays_with_what_introduces_it() -> None:
    lead, first, second = split(
        "These formats are read:\n\n1. Markdown, as [CommonMark](x) has it\n2. Plain text files\n"
    )
    assert lead.block == "1. Markdown, as CommonMark has it\n2. Plain text files"
    assert (first.text, second.text) == ("Markdown, as CommonMark has it", "Plain text files")


def test_a_lead_to_nothing_is_left_out() -> None:
    assert split("The whole list of supported formats follows here:") == []


def test_a_block_that_is_cut_off_or_too_long_is_left_out() -> None:
    unclosed = split("It starts at once. Run this to start it:\n\n```sh\nthing serve\n")
    long = split("It starts at once. Run this to start it:\n\n```sh\n" + "x\n" * 40 + "```\n")
    assert [(sentence.text, sentence.block) for sentence in unclosed] == [("It starts at once.", "")]
    assert unclosed == long


def test_a_drawing_is_not_something_to_type() -> None:
    [sentence] = split("The folders are laid out so.\n\n```\nsrc/\n├── core/\n└── chat/\n```\n")
    assert sentence.block == ""


def test_code_is_untouched_where_prose_is_cleaned() -> None:
    text = "See ![shot](a.png) <b>the</b> `a[1] <x>` of [that](http://x.y) [1, 2] and [^3]."
    assert clean(text) == "See the `a[1] <x>` of that and."


def test_a_placeholder_is_not_taken_for_markup() -> None:
    assert (
        clean("Wrap it in <answer> tags, not in <b>bold</b>.") == "Wrap it in `<answer>` tags, not in bold."
    )


def test_the_entries_of_a_menu_are_not_a_sentence() -> None:
    assert split("Getting Started Creating Cases Tips for Effective Evaluation Next Steps Glossary") == []


def test_sentences_end_where_people_end_them() -> None:
    text = "Version 2.0 by J. Doe et al. is out! It runs `a. B.` too. 它在本地运行。数据不会离开你的机器。"
    assert [sentence.text for sentence in split(text)] == [
        "Version 2.0 by J. Doe et al. is out!",
        "It runs `a. B.` too.",
        "它在本地运行。",
        "数据不会离开你的机器。",
    ]


def test_a_sentence_knows_where_it_stands() -> None:
    first, second = split("Answers are kept on disk. Nothing leaves the machine.")
    assert (first.passage, first.position, second.position) == (3, 0, 1)
    assert first.context == "Thing Install"


def test_a_table_of_contents_is_not_an_answer() -> None:
    (kept,) = split(
        "- [How to detect broken connections?](#how-to-detect)\n- [A guide to it](guide.md) helps.\n"
    )
    assert kept.text == "A guide to it helps."


def test_code_whose_start_was_cut_off_is_not_prose() -> None:
    cut = (
        "const timer = setInterval(function ping() { clients.forEach((ws) => ws.ping()); }, 30000);\n```\n\n"
    )
    assert [one.text for one in split(f"{cut}Timers (set with `setInterval()`) keep running.")] == [
        "Timers (set with `setInterval()`) keep running."
    ]
    prose = "Call it with two arguments (a path, and a mode such as `'r'`), or `open(path)`, to read it."
    assert [one.text for one in split(prose)] == [prose]


def test_a_warning_that_is_set_as_a_heading_is_a_sentence() -> None:
    texts = [
        one.text for one in split("### Warning: it does not [sanitize](x) the output HTML. Use a library!")
    ]
    assert texts == ["Warning: it does not sanitize the output HTML.", "Use a library!"]
    assert split("## How do I start the server?\n\n### 1. Installing the package by hand\n") == []


def test_a_reference_that_is_a_link_leaves_nothing_behind() -> None:
    assert clean("a secure CSP[[1]](https://example.org/a#b), as ever") == "a secure CSP, as ever"
