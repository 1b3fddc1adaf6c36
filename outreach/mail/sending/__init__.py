"""One mail on its way out; `send` takes what is due through it."""
