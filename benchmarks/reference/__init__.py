"""The usual wiring, as the SDKs' documentation shows it: what the measurements compare with.

FastAPI, `ChatKitServer` with a store in memory, the Agents SDK with `OpenAIChatCompletionsModel` and the
`openai` client, on the same uvicorn as `chatkeep serve`. Nothing is slowed down, nothing is made clever.
"""
