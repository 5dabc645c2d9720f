from chatkeep.cli.supervise import Deaths


def after(*lives: float) -> Deaths:
    deaths = Deaths()
    for lived in lives:
        deaths = deaths.and_one(lived)
    return deaths


def test_the_first_death_is_mended_at_once_and_each_early_one_later() -> None:
    pauses = [after(*[1.0] * deaths).pause for deaths in range(1, 8)]
    assert pauses == [0, 0.25, 0.5, 1, 2, 4, 5]


def test_eight_early_deaths_in_a_row_are_too_many() -> None:
    assert not after(*[1.0] * 7).are_too_many
    assert after(*[1.0] * 8).are_too_many


def test_one_that_lived_long_begins_the_count_anew() -> None:
    assert after(*[1.0] * 7, 60.0) == Deaths(early=1)
    assert after(*[60.0] * 20) == Deaths(early=1)
