"""Near duplicates: what says the same is said once; another number is another thing."""

from chatkeep.knowledge.duplicates import near_duplicates

TEXT = (
    "To turn the heating on, press the round button on the left for three seconds, until the lamp beside it "
    "turns green. The boiler starts after a minute. If it does not, look at the pressure gauge first."
)


def test_case_spaces_and_punctuation_make_no_difference() -> None:
    assert near_duplicates([TEXT, TEXT.upper().replace(",", "").replace(" ", "\n")], 1.0) == {1: 0}


def test_a_word_more_makes_a_near_duplicate_and_another_subject_does_not() -> None:
    one_more = TEXT + " Then call."
    other = TEXT.replace("heating", "cooling").replace("boiler", "fan").replace("pressure", "air")
    assert near_duplicates([TEXT, one_more, other], 0.9) == {1: 0}
    assert near_duplicates([TEXT, one_more], 1.0) == {}


def test_texts_that_differ_in_a_number_are_both_kept() -> None:
    second, third = (f"Version {n} of the client: {TEXT}" for n in (2, 3))
    assert near_duplicates([second, third, second], 0.5) == {2: 0}


def test_the_earliest_stays_and_repeats_of_repeats_name_it() -> None:
    assert near_duplicates(["a b c d", "x", "a b c d", "a b c d"], 0.9) == {2: 0, 3: 0}


def test_short_and_empty_texts_are_compared_as_they_are() -> None:
    assert near_duplicates(["yes", "no", "Yes.", "", ""], 0.9) == {2: 0, 4: 3}


def test_a_part_is_not_a_repeat_of_the_whole() -> None:
    assert near_duplicates([TEXT, TEXT[:60]], 0.9) == {}
