"""Answers in the form of a JSON schema: the schema checked, the answer checked and shown as a tree."""
