"""What every layer may use and what knows nobody: errors, events, jobs."""
