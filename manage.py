#!/usr/bin/env python
"""Lamplighter's command line: `manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Lamplighter's packages are not installed. Run: make install")
    try:
        import config.settings  # noqa: F401  # a refusal is a sentence, not a traceback
    except ImproperlyConfigured as refusal:
        sys.exit(f"Lamplighter cannot start. {refusal}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
