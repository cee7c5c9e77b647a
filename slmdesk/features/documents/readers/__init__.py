"""One reader a format. They run in the child process alone: what they raise ends nothing but the child."""
