"""Where an Ollama server of this machine keeps its models."""

import os
from pathlib import Path


def ollama_models_folder() -> Path:
    """As OLLAMA_MODELS says, else below the home folder; a service of the system may have another."""
    return Path(os.environ.get("OLLAMA_MODELS") or Path.home() / ".ollama" / "models")
