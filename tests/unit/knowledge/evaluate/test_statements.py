"""Statements: which citation is whose, what is supported, what is a refusal."""

import pytest

from chatkeep.knowledge.evaluate.statements import claims, is_refusal, supported
from tests.unit.knowledge.evaluate.passages import answer, passage

BERTH = passage(
    "moorings.md", "A visitor's berth costs 3.20 euros a metre and night, water and showers included."
)
FUEL = passage("fuel.txt", "Diesel is sold at the fuel dock from 08:00 to 18:00.")


def cited(text: str) -> list[tuple[str, list[str]]]:
    said = answer(text, BERTH, FUEL)
    return [
        (claim.text, [each.path for each in claim.passages]) for claim in claims(said.text, said.citations)
    ]


def test_a_citation_is_for_the_sentence_it_ends() -> None:
    assert cited("A berth costs money. [1] Diesel is sold here [2].") == [
        ("A berth costs money.", ["moorings.md"]),
        ("Diesel is sold here.", ["fuel.txt"]),
    ]


def test_a_citation_is_for_the_sentences_before_it_in_its_paragraph_too() -> None:
    assert cited("A berth costs money. Water is included. [1]\n\nDiesel is sold here. [2]") == [
        ("A berth costs money.", ["moorings.md"]),
        ("Water is included.", ["moorings.md"]),
        ("Diesel is sold here.", ["fuel.txt"]),
    ]


def test_what_follows_the_last_citation_of_a_paragraph_has_none() -> None:
    assert cited("A berth costs money. [1] Everybody likes it there.")[-1] == (
        "Everybody likes it there.",
        [],
    )


def test_items_of_a_list_are_statements_of_their_own() -> None:
    assert cited("- A berth costs money [1]\n- Diesel is sold here [2]\n") == [
        ("- A berth costs money", ["moorings.md"]),
        ("- Diesel is sold here", ["fuel.txt"]),
    ]


def test_code_headings_and_fragments_state_nothing() -> None:
    assert cited("# How it is done\n\nYes.\n\nRun this command: [1]\n\n```\nrm -r all of it\n```\n") == [
        ("Run this command:", ["moorings.md"])
    ]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("A visitor's berth costs 3.20 euros a metre. [1]", True),
        ("For visitors, a berth's cost is 3.20 euros a metre and night, showers included. [1]", True),
        ("A visitor's berth costs 4.20 euros a metre. [1]", False),
        ("Dogs must be kept on a lead at all times. [1]", False),
        ("A visitor's berth costs 3.20 euros a metre. [2]", False),
        ("A visitor's berth costs 3.20 euros a metre.", False),
    ],
)
def test_a_statement_is_supported_by_the_words_and_numbers_of_what_it_cites(text: str, holds: bool) -> None:
    said = answer(text, BERTH, FUEL)
    (claim,) = claims(said.text, said.citations)
    assert supported(claim) is holds


@pytest.mark.parametrize(
    "text",
    [
        "I found no answer to this in the documents. The nearest they come is “Fuel”.",
        "I found nothing about this in the documents.",
        "The passages do not say who won. They cover berths and fuel.",
        "The provided documents don't mention a regatta.",
        "There is no information about the regatta.",
        "This is not covered in the documents.",
        "I could not find this in your documents.",
        "Die Dokumente enthalten dazu keine Angaben.",
        "Les documents ne mentionnent pas de régate.",
        "Los documentos no dicen nada de la regata.",
    ],
)
def test_refusals_are_told(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "Petrol is not sold in the harbour; the nearest pump is in Saltby.",
        "No. A berth cannot be reserved by telephone.",
        "The option does not support lists.",
        "Documents are read into the index. Files that are no longer there are forgotten.",
    ],
)
def test_answers_that_deny_something_are_no_refusals(text: str) -> None:
    assert not is_refusal(text)
