#!/usr/bin/env bash
# aiohttp 3.14.5 (PyPI): DigestAuthMiddleware answers a challenge with qop="auth,auth-int" by auth-int, for a
# GET without a body too. requests 2.34.2 and httpx 0.28.1, from one of which it says its core is inspired, take
# auth, as nearly all clients do; a server that offers auth-int because the RFC has it, and does not hash
# the body, sees every password of aiohttp as wrong.
# Guessed: auth, the choice of all its siblings.
# Seen: the qop that each answers, for two spellings of the list.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.14.5 requests==2.34.2 httpx==0.28.1
cat >"$folder/look.py" <<'PYTHON'
CHALLENGES = []

import http.server, threading

seen = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        given = self.headers.get("Authorization")
        seen.append(given)
        self.send_response(200 if given else 401)
        if not given:
            for challenge in CHALLENGES:
                self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = "http://127.0.0.1:%d/page" % server.server_port

import asyncio, re
import aiohttp, httpx, requests
from requests.auth import HTTPDigestAuth


def with_aiohttp():
    async def ask():
        digest = aiohttp.DigestAuthMiddleware("alice", "secret")
        async with aiohttp.ClientSession(middlewares=(digest,)) as session:
            async with session.get(url):
                pass

    asyncio.run(ask())


for qops in ("auth,auth-int", "auth-int,auth"):
    CHALLENGES[:] = [f'Digest realm="r", nonce="n", qop="{qops}"']
    for name, ask in (
        ("aiohttp", with_aiohttp),
        ("requests", lambda: requests.get(url, auth=HTTPDigestAuth("alice", "secret"))),
        ("httpx", lambda: httpx.get(url, auth=httpx.DigestAuth("alice", "secret"))),
    ):
        del seen[:]
        ask()
        print(f'"{qops}" {name}: ' + re.search('qop="?([a-z-]+)', seen[-1]).group(1))
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
"auth,auth-int" aiohttp: auth-int
"auth,auth-int" requests: auth
"auth,auth-int" httpx: auth
"auth-int,auth" aiohttp: auth-int
"auth-int,auth" requests: auth
"auth-int,auth" httpx: auth
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
