#!/bin/sh
# Install Lamplighter into TARGET: the steps of the image, also run by .ci/run without Docker.
# Usage: docker/build.sh TARGET
set -eu
target=$1
source=$(cd "$(dirname "$0")/.." && pwd)

python3 -m venv "$target/venv"
"$target/venv/bin/python" -m pip install --no-cache-dir --disable-pip-version-check --quiet \
    --require-hashes -r "$source/requirements.txt"

mkdir -p "$target/app"
for part in accounts config contacts deals outreach static templates docker manage.py LICENSE; do
    cp -R "$source/$part" "$target/app/"
done
mkdir "$target/app/docs" # what the pages of help are made from
cp "$source"/docs/*.md "$target/app/docs/"

# The manifest of static files belongs to the image. The key is for this one command.
cd "$target/app"
SECRET_KEY=$(python3 -c 'import secrets; print(secrets.token_urlsafe(50))') \
    DATABASE_URL=postgres://nowhere/none CELERY_BROKER_URL=redis://nowhere/0 DEBUG=0 \
    "$target/venv/bin/python" manage.py collectstatic --no-input --verbosity 0
"$target/venv/bin/python" -m compileall -q "$target/app"
