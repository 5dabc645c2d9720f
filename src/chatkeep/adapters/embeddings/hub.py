"""Repositories of the model hub, kept in the data folder. Blocks."""

from collections.abc import Sequence
from pathlib import Path

from chatkeep.core.errors import ConfigurationError


def fetched(repository: str, cache: Path, hub_url: str | None, patterns: Sequence[str]) -> Path | None:
    """The folder of the repository's files that match `patterns`; None: not here, and not to be fetched.

    What is here is not looked for again: a model stays the one that the documents were embedded with.

    Args:
        hub_url: where to fetch it from; None: nowhere.

    Raises:
        ConfigurationError: there is no such repository, or it cannot be fetched.
    """
    # Half a second to import, and only for who names a model. It comes with `tokenizers`.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    whole = cache / f"{repository.replace('/', '--')}.whole"
    try:
        if whole.is_file():
            return Path(
                snapshot_download(
                    repository, revision=whole.read_text(), cache_dir=cache, local_files_only=True
                )
            )
        if hub_url is None:
            return None
        cache.mkdir(parents=True, exist_ok=True)
        folder = Path(
            snapshot_download(
                repository,
                cache_dir=cache,
                endpoint=hub_url.rstrip("/"),
                allow_patterns=list(patterns),
                token=False,
            )
        )
    except (HFValidationError, LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ConfigurationError(
            f"The embedding model {repository} could not be fetched from {hub_url}: {reason}. "
            "Is its name right? A folder on this disk can be named as well."
        ) from None
    # Said last: a fetch that was broken off leaves a folder that looks like a whole one.
    whole.write_text(folder.name)
    return folder
