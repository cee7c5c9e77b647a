"""Tests of slmdesk: unit (mirrors the package), ui, e2e, perf, and the rules of the house."""
