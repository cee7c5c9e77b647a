"""Parts that panes are made of; they know no pane and no window."""
