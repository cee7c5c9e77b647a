"""Where a prompt is written, and how it is to be answered."""
