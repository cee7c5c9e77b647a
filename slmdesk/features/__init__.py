"""What the program does, usable from the window, the terminal and the tests; no Qt."""
