"""Built-in neural decoders."""
