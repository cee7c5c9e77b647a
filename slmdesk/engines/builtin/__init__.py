"""The built-in engine: llama.cpp in a child process for each model, and the model files it can load."""
