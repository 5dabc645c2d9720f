"""Every failure chatkeep names.

ChatkeepError
├── InvalidInput          the caller sent something that cannot be served
│   ├── MalformedInput         it cannot even be read
│   ├── TooLarge               it is over a limit of size
│   └── UnsupportedMedia       it is of a kind that is not taken here
├── NotFound              the thing does not exist, or is another's: the two look the same
├── Conflict              the thing is not in a state that allows this
├── ConfigurationError    a setting or the machine is wrong; the operator must act
│   ├── DataDirectoryInUse     another process owns the data directory
│   └── MissingDependency      an optional package is not installed
├── ModelFailed           the language model could not answer
├── FetchFailed           an address could not be read
│   └── AddressRefused         it is one that chatkeep must not connect to
├── RunLost               an answer in the making is not this process's any more
└── NotReady              trying again in a moment will work
    ├── Overloaded             the server has its fill of work
    ├── JournalUnavailable     the place where answers are written down cannot be reached
    └── EmbedderUnavailable    what makes vectors of texts cannot be reached, or has its fill of work

`http.errors` maps each to a status; a test insists that none is forgotten. Messages say what was
wrong and what to do, and hold no secrets: they are shown to people.
"""


class ChatkeepError(Exception):
    """The root of chatkeep's own errors. `str(error)` is a sentence for a person."""


class InvalidInput(ChatkeepError):
    """The request cannot be served as it is."""


class MalformedInput(InvalidInput):
    """The request cannot be read at all, as when its body is not JSON."""


class TooLarge(InvalidInput):
    """The request is larger than the limit its message names."""


class UnsupportedMedia(InvalidInput):
    """The request's content type is not one that is taken here."""


class NotFound(ChatkeepError):
    """There is no such thing for this tenant and user."""


class Conflict(ChatkeepError):
    """The request does not fit the present state of the thing it names."""


class ConfigurationError(ChatkeepError):
    """The operator must change a setting, a file or the machine."""


class DataDirectoryInUse(ConfigurationError):
    """Another process has the data directory open for writing."""


class MissingDependency(ConfigurationError):
    """An optional dependency is absent; the message holds the exact command that installs it."""


class ModelFailed(ChatkeepError):
    """The language model did not answer, or stopped in the middle of an answer.

    Attributes:
        retryable: trying the same turn again may work.
    """

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class FetchFailed(ChatkeepError):
    """What is at an address could not be read: nobody answered, or not within the bounds."""


class AddressRefused(FetchFailed):
    """The address leads into a network that chatkeep must not reach, or is not of a kind it may read."""


class RunLost(ChatkeepError):
    """Another process has taken the run over, or its journal lost it: this one must fall silent."""


class NotReady(ChatkeepError):
    """The server cannot answer just now; trying again in a moment will work."""


class Overloaded(NotReady):
    """The server is at a limit that its operator set, and refuses rather than lets wait."""


class JournalUnavailable(NotReady):
    """The journal of answers cannot be reached; without it none is begun."""


class EmbedderUnavailable(NotReady):
    """The embeddings endpoint cannot be reached, or refuses for now; repeating was of no use."""
