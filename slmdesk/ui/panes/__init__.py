"""One file a pane; panes do not know one another."""
