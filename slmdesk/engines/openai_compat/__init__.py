"""Models of any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LM Studio, a cloud."""
