"""Parts of the settings pane."""
