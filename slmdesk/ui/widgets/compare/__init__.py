"""Parts of the compare pane: columns, plan, earlier runs."""
