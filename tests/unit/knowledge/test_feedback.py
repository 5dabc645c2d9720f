"""Feedback: the question moves towards what was found, a little, and stays a unit vector."""

import numpy as np
import pytest

from chatkeep.knowledge.feedback import moved

QUESTION, ANSWER = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)


def test_without_passages_the_question_stays_where_it_is() -> None:
    assert moved(QUESTION, []) is QUESTION


def test_it_moves_by_half_of_the_mean_of_the_passages() -> None:
    towards = moved(QUESTION, [ANSWER, ANSWER])
    assert towards == pytest.approx(np.array([1, 0.5]) / np.sqrt(1.25))
    assert towards.dtype == np.float32


def test_passages_that_are_the_question_change_nothing() -> None:
    assert moved(QUESTION, [QUESTION]) == pytest.approx(QUESTION)
