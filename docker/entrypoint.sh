#!/bin/sh
# Start one part of Lamplighter: web, worker, beat or migrate; or run manage.py with what is given.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
cd "$here"
python=$here/../venv/bin/python

case "${1:-web}" in
web) exec "$python" -m gunicorn -c python:config.gunicorn ;;
worker) exec "$python" -m celery --quiet --app config worker --concurrency "${WORKER_PROCESSES:-2}" --without-gossip --without-mingle ;;
beat) exec "$python" -m celery --quiet --app config beat --scheduler celery.beat:Scheduler --pidfile= ;;
*) exec "$python" manage.py "$@" ;;
esac
