"""The model picker and its list."""
