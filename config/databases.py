"""How the database is spoken with: SQLite in the embedded mode, PostgreSQL else."""

from typing import Any


def database(found: dict[str, Any], *, on_sqlite: bool, is_web: bool) -> dict[str, Any]:
    """Return the settings of the database that an address led to (`found`), with how we use it."""
    if on_sqlite:
        # Readers never wait for the writer; a writer takes its turn at the start of its
        # transaction, where waiting is allowed, and not in the middle, where it is an error.
        pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        options = {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 20}
        return found | {"OPTIONS": options}
    kept = found | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if is_web:
        # A page must not hang on a lock or run for minutes; an import in the worker may.
        waits = (
            "-c statement_timeout=30s -c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
        )
        kept["OPTIONS"] = found.get("OPTIONS", {}) | {"options": waits}
    return kept
