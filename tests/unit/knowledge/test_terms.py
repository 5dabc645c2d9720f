"""What a text is found by: words in many languages, and identifiers whole and in part."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkeep.knowledge.terms import query_terms, terms


def finds(question: str, text: str, language: str = "en") -> bool:
    """Whether some term of the question is one of the text's."""
    wanted = query_terms(question, {language})
    return bool({*wanted.indices} & {*terms(text, language).indices})


@pytest.mark.parametrize(
    ("language", "question", "text"),
    [
        ("en", "running", "He runs."),
        ("en", "RIVER", "two rivers"),
        ("de", "Häuser", "das Haus"),
        ("de", "hauser", "die Häuser"),
        ("fr", "chevaux", "un cheval"),
        ("fr", "resume", "un résumé"),
        ("es", "corriendo", "correr"),
        ("ru", "книги", "книга"),
        ("ru", "ёлка", "елка"),
        ("tr", "kitaplar", "kitap"),
        ("ar", "الكتاب", "كتاب"),
        ("hi", "किताबें", "किताब"),
        ("el", "βιβλια", "βιβλία"),
        ("ja", "猫", "黒猫がいる"),
        ("ja", "東京", "東京都の天気"),
        ("zh", "天气", "今天天气很好"),
        ("ko", "고양이", "고양이는 잔다"),
        ("th", "แมว", "แมวกินปลา"),
        ("", "running", "He runs."),
        ("zh", "containers running", "容器 container 运行"),
        ("en", "книги", "The Russian word книга means book."),
    ],
)
def test_another_form_of_the_word_is_found(language: str, question: str, text: str) -> None:
    assert finds(question, text, language)


@pytest.mark.parametrize("asked", ["max_tokens", "maxTokens", "MAX_TOKENS", "tokens", "max"])
@pytest.mark.parametrize("written", ["max_tokens", "maxTokens", "options.max_tokens", "MaxTokens"])
def test_an_identifier_is_found_whole_and_by_its_parts(asked: str, written: str) -> None:
    assert finds(asked, f"Set {written} here.")


def test_an_identifier_outweighs_its_parts() -> None:
    wanted = query_terms("max_tokens", {"en"})
    weights = dict(zip(wanted.indices, wanted.weights, strict=True))

    def score(text: str) -> float:
        return sum(weights.get(term, 0) for term in terms(text).indices)

    assert score("the max_tokens parameter") > score("tokens, at max") > score("a token") > 0


def test_dotted_names_are_words_too() -> None:
    whole = set(query_terms("client.messages.create", {"en"}).indices)
    assert whole == set(terms("client.messages.create").indices)
    assert len(whole) == 4
    assert finds("messages", "client.messages.create(...)")


def test_other_readings_of_an_identifier_do_not_make_the_text_longer() -> None:
    assert terms("max_tokens").length == terms("max tokens").length == 2
    assert terms("GitHub").length == terms("github").length == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The one of the and, it isn't"), ("de", "das und die, aber nicht"), ("fr", "le de la et pas")],
)
def test_little_words_do_not_count(language: str, text: str) -> None:
    assert terms(text, language).length <= 1


def test_what_is_empty_in_one_language_can_be_the_subject_in_another() -> None:
    both = {"en", "de"}
    war = terms("war", "en").indices[0]
    assert war in query_terms("what was the war about", both).indices
    assert war not in query_terms("wie war das Wetter", both).indices


def test_other_languages_leave_the_english_terms_of_a_question_as_they_are() -> None:
    question = "Which universities were running max_tokens experiments?"
    alone, among = query_terms(question, {"en"}), query_terms(question, {"en", "de", "fr", "ja"})
    assert {*alone.indices} <= {*among.indices}


def test_counts_and_lengths() -> None:
    counted = terms("fish and fish swim")
    assert sorted(counted.counts) == [1, 2]
    assert counted.length == 3
    longer, shorter = counted.weights(1.0), counted.weights(100.0)
    assert all(one < other for one, other in zip(longer, shorter, strict=True))


@given(st.text(max_size=300), st.sampled_from(["", "en", "de", "ja", "ar", "hi", "xx"]))
def test_any_text_is_found_by_itself(text: str, language: str) -> None:
    counted = terms(text, language)
    assert len(set(counted.indices)) == len(counted.indices) == len(counted.counts)
    assert all(0 <= term < 2**32 for term in counted.indices)
    assert {*query_terms(text, {language}).indices} <= {*counted.indices}


def test_terms_are_the_same_in_every_process() -> None:
    code = "from chatkeep.knowledge.terms import terms; print(terms('Größe max_tokens 東京', 'de').indices)"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert there.strip() == str(terms("Größe max_tokens 東京", "de").indices)


def test_threads_do_not_disturb_each_other() -> None:
    texts = [" ".join(f"running{n}ly houses{n}ing" for n in range(start, start + 500)) for start in range(8)]
    expected = [terms(text) for text in texts]
    found: dict[int, list[object]] = {}

    def work(number: int) -> None:
        found[number] = [terms(text.replace("running", f"running{number}")) for text in texts]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [terms(text) for text in texts] == expected
    assert all(
        found[n] == [terms(text.replace("running", f"running{n}")) for text in texts] for n in range(4)
    )
