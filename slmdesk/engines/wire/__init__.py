"""What model servers speak: streams of frames, errors in every shape, addresses, connections."""
