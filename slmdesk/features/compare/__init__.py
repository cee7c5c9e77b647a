"""Comparisons: one prompt to several models, planned by memory."""
