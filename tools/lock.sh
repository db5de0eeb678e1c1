#!/bin/sh
# Renew uv.lock and all that is derived from it. UPGRADE=1 also moves every pin to the newest version of a week ago.
# Only PyPI's public addresses may enter the lock file: this machine's own index and wheels are left out.
set -eu
cd "$(dirname "$0")/.."
uv=$(ls -d .tools/uv-*/bin/uv | tail -n 1)
unset UV_DEFAULT_INDEX UV_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_EXCLUDE_NEWER VIRTUAL_ENV
export UV_PROJECT_ENVIRONMENT=.venv UV_NO_PROGRESS=1
upgrade=${UPGRADE:+--upgrade}

"$uv" lock $upgrade
pins() { "$uv" export --quiet --locked --no-header --no-annotate --no-emit-project --no-default-groups "$@"; }
pins --extra all --group build --output-file requirements/all.txt >/dev/null
pins --extra all --group dev --output-file requirements/dev.txt >/dev/null
"$uv" pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
    --exclude-newer "7 days" --output-file requirements/case-judges.txt requirements/case-judges.in >/dev/null

if [ -n "$upgrade" ]; then
    for tool in pip uv; do
        echo "$tool" | "$uv" pip compile --quiet --universal --generate-hashes --no-deps --no-header --no-annotate \
            --python-version 3.11 --output-file "requirements/$tool.txt" - >/dev/null
    done
fi
if grep -n 'file:/' uv.lock requirements/*.txt; then
    echo "lock: an address of this machine stands in a lock file" >&2
    exit 1
fi
