"""The other ways by which mail comes in: archives, the capture address, mail providers."""
