"""The same job done by others: a booking over HTTP, its row, a job, an e-mail, a row for the inbox.

Each as its own documentation recommends for work that must not be lost. None of them has an outbox, a ledger that
suppresses duplicates, or retries by reply code.
"""
