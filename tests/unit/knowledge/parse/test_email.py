"""E-mail."""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from tests.unit.knowledge.parse.reading import parsed, places, refused
from tests.unit.knowledge.parse.samples import mbox, message

HEAD = (
    "- From: Ada Byron <ada@example.test>\n- To: Bob <bob@example.test>\n"
    "- Date: Fri, 01 Mar 2024 10:00:00 +0100"
)


def test_a_message_and_what_it_says_of_itself() -> None:
    found = parsed("a.eml", message("Grüße", "Hello Bob,\n\n> you asked\n\n- one\n# no heading\n").as_bytes())
    assert found.text == f"# Grüße\n\n{HEAD}\n\nHello Bob,\n\n> you asked\n\n- one\n\\# no heading\n"
    assert (found.title, found.landmarks[0].name) == ("Grüße", "Grüße")
    assert found.modified_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert found.metadata["author"] == "Ada Byron <ada@example.test>"


def test_plain_text_comes_before_html_and_html_is_read_where_it_is_alone() -> None:
    assert "<" not in parsed("a.eml", message("S", "plain", html="<p>rich</p>").as_bytes()).text.replace(
        HEAD, ""
    )
    text = parsed(
        "a.eml", message("S", "", html="<h2>Rich</h2><p>words</p><script>x()</script>").as_bytes()
    ).text
    assert text.endswith("## Rich\n\nwords\n")


def test_attachments_of_readable_types_are_named() -> None:
    mail = message("S", "text", attached=["offer.pdf", "../../evil.docx", "virus.exe", "photo.png"])
    assert parsed("a.eml", mail.as_bytes()).text.endswith("Attachments: offer.pdf, evil.docx\n")


def test_a_forwarded_message_is_read_below() -> None:
    outer = message("Fwd: Kettle", "See below.")
    outer.add_attachment(message("Kettle", "It whistles."))
    text = parsed("a.eml", outer.as_bytes()).text
    assert text.index("See below.") < text.index("## Kettle") < text.index("It whistles.")


def test_other_charsets() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Привет"
    mail.set_content("Самовар", charset="koi8-r")
    found = parsed("a.eml", mail.as_bytes())
    assert (found.title, "Самовар" in found.text) == ("Привет", True)


def test_headers_that_are_broken_do_no_harm() -> None:
    raw = (
        b"Subject: =?utf-8?b?!!!?= =?nonsense?q?x?=\nDate: not a date\n"
        b"Content-Type: text/plain; charset=punycode\n\nhi"
    )
    assert parsed("a.eml", raw).text.endswith("hi\n")


def test_the_messages_of_a_mailbox_are_landmarks(tmp_path: Path) -> None:
    data = mbox(tmp_path, [message("One", "First.\n\nFrom here on it is quoted."), message("Two", "Second.")])
    assert places(parsed("a.mbox", data)) == {
        "message 1": f"# One\n\n{HEAD}\n\nFirst.\n\nFrom here on it is quoted.",
        "message 2": f"# Two\n\n{HEAD}\n\nSecond.",
    }


def test_a_line_that_begins_with_from_divides_nothing() -> None:
    data = b"From a@b Fri Mar  1 10:00:00 2024\nSubject: One\n\nHe wrote:\nFrom now on.\n"
    assert list(places(parsed("a.mbox", data))) == ["message 1"]


def test_what_is_no_mail_says_so() -> None:
    assert "not an e-mail" in refused("a.eml", b"just some words")
    assert "not an e-mail" in refused("a.mbox", b"Subject: x\n\nFrom here")
