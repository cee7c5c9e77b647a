"""The machine: CPU, memory, GPU and the share of each engine process."""
