"""Parts of the evaluate pane: results, verdict, and what is evaluated."""
