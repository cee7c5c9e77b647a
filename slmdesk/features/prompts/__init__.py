"""Presets named after tasks, and a library of prompts with variables to fill in."""
