"""Real servers with faults, on loopback."""
