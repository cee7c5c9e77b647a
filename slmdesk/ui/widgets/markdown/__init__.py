"""Markdown of a model, from its source text to small text documents; nothing is ever loaded on its behalf."""
