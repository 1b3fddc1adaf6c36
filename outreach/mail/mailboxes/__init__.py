"""The mailboxes that are read: setting them up, signing in, reading what is new; `imap` looks in."""
