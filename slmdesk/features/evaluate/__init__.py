"""Own documents, own questions, several models: which is the smallest that is good enough."""
