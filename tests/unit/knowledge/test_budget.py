"""The budget: what fits goes in, best first; the best goes in regardless."""

from dataclasses import replace

from chatkeep.knowledge.budget import tokens, within
from tests.unit.knowledge.samples import sample

PASSAGE = sample("a", "", None).passage


def test_four_letters_are_a_token_and_signs_of_other_scripts_are_one_each() -> None:
    assert tokens("") == 0
    assert tokens("four") == 1
    assert tokens("fours") == 2
    assert tokens("使用说明") == 4
    assert tokens("four使") == 2


def test_a_passage_that_does_not_fit_leaves_its_room_to_the_next() -> None:
    large, huge, small = (replace(PASSAGE, text="x" * 4 * n) for n in (50, 90, 10))
    assert within([large, huge, small], 100) == [large, small]


def test_the_best_passage_is_there_whatever_it_costs() -> None:
    huge = replace(PASSAGE, text="x" * 4000)
    assert within([huge, replace(PASSAGE, text="more")], 10) == [huge]
    assert within([], 10) == []
