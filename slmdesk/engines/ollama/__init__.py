"""Models of an Ollama server, over its native API."""
