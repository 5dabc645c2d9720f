"""Where documents come from: folders and files, git repositories, pages of a site.

Above: `ingest` reads what `survey` lists; `wiring` makes the sources of what is `declared`. A source looks at
what it holds and lists it; what it lists lies on this disk then, so that it is read alike whatever its kind.
"""

from chatkeep.knowledge.sources.folders import FolderSource, source_name
from chatkeep.knowledge.sources.listing import Bearing, Listing, Source, SourceFile, survey, too_large

__all__ = [
    "Bearing",
    "FolderSource",
    "Listing",
    "Source",
    "SourceFile",
    "source_name",
    "survey",
    "too_large",
]
