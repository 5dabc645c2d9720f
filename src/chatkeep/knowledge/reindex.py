"""Filling the index of a new embedder with the documents that are stored, whatever became of their files.

Above: `chatkeep ingest`. Below: the same chunks, embedder and index as `ingest`. What is in the index already
is not embedded again, so a run that was killed goes on where it stopped; the old index stays until all is in
the new one.
"""

from dataclasses import replace

from chatkeep.core.context import RequestContext
from chatkeep.knowledge.chunk import chunk, word_spans
from chatkeep.knowledge.documents import Document, DocumentId
from chatkeep.knowledge.index import indexed, name_chunks
from chatkeep.knowledge.ingest import IngestProgress, Library, Unheard

_DOCUMENTS_A_STEP = 32
_CHUNKS_A_BATCH = 256


async def complete_index(
    library: Library, context: RequestContext, progress: IngestProgress | None = None
) -> int:
    """Index every stored document that is not indexed, and forget the index that this one replaces.

    Returns how many documents were missing. Does nothing, at once, when the index replaces none.
    """
    if library.index.is_complete:
        return 0
    progress = progress or Unheard()
    count = await library.documents.count(context)
    progress.started(count, count)  # as if each were as long as any other
    missing = 0
    after: DocumentId | None = None
    while step := await library.documents.page(after, _DOCUMENTS_A_STEP, context):
        for document in step:
            added = await _index(document, library, context)
            missing += bool(added)
            progress.embedded(document.path, added, 1)
            progress.advanced(document.path, added)
        await library.index.flush()
        after = step[-1].id
    await library.index.finish()
    return missing


async def _index(document: Document, library: Library, context: RequestContext) -> int:
    """Index one document unless all of it is there. Returns the number of chunks written."""
    embedder = library.embedder
    named = name_chunks(document, chunk(document, embedder.token_spans if embedder else word_spans))
    reader = replace(context, labels=document.labels)  # nobody else may see whether it is there
    found = await library.index.passages([each.id for each in named], reader)
    if len(found) == len(named):
        return 0
    await library.index.delete_documents([document.id], context)
    for first in range(0, len(named), _CHUNKS_A_BATCH):
        await library.index.upsert(await indexed(named[first : first + _CHUNKS_A_BATCH], embedder), context)
    return len(named)
