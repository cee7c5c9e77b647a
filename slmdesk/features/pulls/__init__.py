"""Getting models: what was pasted, downloads that survive, the queue, imports, custom models."""
