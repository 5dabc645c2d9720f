"""The dialect of Chat Completions streams: lines, texts in parts, errors in words. Pure.

Above: `answer` makes events of it, `completions` reads the bytes, `failures` quotes the words.
"""

from typing import Any

_TRIES = 16  # chunks to learn from in vain before it is given up

_LONGEST_LINE = 16 * 1024 * 1024  # bytes; a whole answer with its reasoning fits many times


class ProviderError(Exception):
    """The provider said in mid-answer that it failed; `str(error)` are its words."""


class Lines:
    """Cuts bytes into the data of server-sent events.

    Each `data:` line is taken for a whole message: providers send JSON on one line, and some forget the
    blank line after it. Comments and other fields are passed over.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` completes.

        Raises:
            ProviderError: a line without an end.
        """
        if self._rest:
            data = self._rest + data
        lines = data.split(b"\n")  # JSON is UTF-8: no character holds this byte but the line's end
        self._rest = lines.pop()
        if len(self._rest) > _LONGEST_LINE:
            raise ProviderError("A line of the answer does not end.")
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]

    @property
    def is_between(self) -> bool:
        """Whether what came so far ended with a line."""
        return not self._rest

    def end(self) -> list[bytes]:
        """The message whose line the stream's end completes."""
        return self.feed(b"\n")


class Pattern:
    """Reads chunks that differ from an earlier one in their text alone, all of a read at once, unparsed.

    Providers send some 250 bytes of JSON around every token, nearly always the same.
    """

    def __init__(self) -> None:
        self._first = self._between = self._last = b""
        self._tries = _TRIES

    def texts(self, data: bytes) -> list[str] | None:
        """What the chunks in `data` say, if all are whole and like the one learned; None: parse it."""
        first, last = self._first, self._last
        if not first or not data.startswith(first) or not data.endswith(last):
            return None
        said = data[len(first) : -len(last)].split(self._between)
        text = b"".join(said)
        if len(data) < len(first) + len(last) or any(byte in text for byte in (b'"', b"\\", b"\n")):
            return None
        self._tries = _TRIES
        try:
            return [each.decode() for each in said]
        except UnicodeDecodeError:
            return None

    def learn(self, message: bytes, text: str) -> None:
        """Expect more like `message`, of which parsing has shown that it says `text` and nothing else."""
        if not self._tries or not text:
            return
        self._tries -= 1  # there are providers of which no two chunks are alike
        said = b'"%b"' % text.encode()
        place = message.find(said)
        is_plain = b"\\" not in said and said.count(b'"') == 2
        is_alone = message.find(said, place + 1) < 0
        if is_plain and is_alone and message[:place].rstrip().endswith(b'"content":'):
            self._first = b"data: " + message[: place + 1]
            self._last = message[place + len(said) - 1 :] + b"\n\n"
            self._between = self._last + self._first


def words_of(error: Any) -> str:
    """A provider's own sentence, from the shapes its errors are known to have."""
    if isinstance(error, list) and error:  # Gemini wraps its errors in a list
        error = error[0]
    if isinstance(error, dict):
        inner = error.get("error", error)
        error = inner.get("message") if isinstance(inner, dict) else inner
    return error if isinstance(error, str) else ""


def text_of(content: Any) -> str:
    """The text of `content`, which Mistral sends as a list of parts."""
    if isinstance(content, list):
        texts = [
            part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"
        ]
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def thought_of(content: Any) -> str:
    """The reasoning among Mistral's parts."""
    parts = content if isinstance(content, list) else []
    thinking = [part for part in parts if isinstance(part, dict) and part.get("type") == "thinking"]
    return "".join(text_of(part.get("thinking")) for part in thinking)


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Add what one piece brought to what came before it: objects by key, lists by their entries' index."""
    for name, value in more.items():
        have = into.get(name)
        if isinstance(have, dict) and isinstance(value, dict):
            merge(have, value)
        elif isinstance(have, list) and isinstance(value, list):
            for entry in value:
                _append(have, entry)
        else:
            into[name] = value


def _append(entries: list[Any], entry: Any) -> None:
    """One entry of OpenRouter's `reasoning_details`: the same index and type go on with its text."""
    last = entries[-1] if entries else None
    if not isinstance(last, dict) or not isinstance(entry, dict) or not _continues(entry, last):
        entries.append(entry)
        return
    for name, value in entry.items():
        have = last.get(name)
        if name in ("text", "summary", "data") and isinstance(have, str) and isinstance(value, str):
            last[name] = have + value
        elif value is not None:
            last[name] = value


def _continues(entry: dict[str, Any], last: dict[str, Any]) -> bool:
    return entry.get("index") == last.get("index") and entry.get("type") == last.get("type")
