"""Published test tools: a scripted OpenAI-compatible server, and a reader of server-sent events.

with ScriptedModelServer() as server:
    server.script(Reply("Qdrant runs in process [1]."))
    ...  # point a client at server.base_url
    assert server.requests[0].json["stream"] is True
"""

from chatkeep.testing.embeddings import EmbeddingsLimits
from chatkeep.testing.script import EmbeddingsReply, Fault, Gate, RecordedRequest, Reply, ToolCall, Usage
from chatkeep.testing.server import ScriptedModelServer
from chatkeep.testing.sse import events

__all__ = [
    "EmbeddingsLimits",
    "EmbeddingsReply",
    "Fault",
    "Gate",
    "RecordedRequest",
    "Reply",
    "ScriptedModelServer",
    "ToolCall",
    "Usage",
    "events",
]
