"""What surrounds every pane: rail, top bar, status line, machine panel."""
