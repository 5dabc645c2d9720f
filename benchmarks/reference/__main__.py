"""`python -m benchmarks.reference --port 0 --model-url http://127.0.0.1:9000/v1`: run the usual wiring."""

import argparse
import socket

import uvicorn
from agents import set_tracing_disabled

from benchmarks.reference.server import UsualServer, chat_completions, create_app, usual_agent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    options.add_argument("--model-url", required=True, help="base address of a Chat Completions API")
    options.add_argument(
        "--tracing", action="store_true", help="leave the Agents SDK's tracing on, its default"
    )
    chosen = options.parse_args()
    if not chosen.tracing:  # what its documentation advises with models of others
        set_tracing_disabled(True)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", chosen.port))
    app = create_app(UsualServer(usual_agent(chat_completions(chosen.model_url))))
    # As `chatkeep serve` sets uvicorn: uvloop and httptools (its defaults here), no access log.
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False))
    print(f"reference is at http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


main()
