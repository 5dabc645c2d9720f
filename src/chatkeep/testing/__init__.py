"""Published test tools: a scripted OpenAI-compatible server."""
