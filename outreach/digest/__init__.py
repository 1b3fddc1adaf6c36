"""Digests: what each person is told by mail and in the app, once, and when it suits them.

`hours` has the rules of when, `lines` finds what is news to whom, `making` writes the rows that
claim it, `wording` and `composing` make the mail, `sending` sends each at most once, `stopping`
ends them by one click, `weekly` has the report. Source: docs/decisions/120, 121.
"""
