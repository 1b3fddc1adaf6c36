"""What becomes of a mail that came in: whose it is, what follows, and what a person says of it."""
