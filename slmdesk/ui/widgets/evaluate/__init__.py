"""Parts of the evaluate pane: documents, questions, models, the run, its results and the verdict."""
