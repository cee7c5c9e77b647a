"""SLM Desk: run small language models on your own machine and compare them."""

__version__ = "0.1.0"
