"""A believable workspace to look around in: invented people, companies and two years of talk.

`build.fill` writes it; the rest says what is in it. The same seed at the same instant gives the
same rows. Source: docs/architecture.md, "What others rely on"; decision 060.
"""
