"""From the bytes of a mail to plain values: nothing here knows a contact, a deal or the database."""
