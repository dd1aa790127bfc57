#!/usr/bin/env bash
# requests 2.34.2 (PyPI): HTTPDigestAuth splits qop at commas and keeps the blanks: it answers
# qop="auth, auth-int" and not qop="auth-int, auth", where " auth" is not auth: no second request has an
# Authorization, and the 401 comes back as if the password were wrong. httpx 0.28.1 answers both.
# Guessed: the order of the list does not matter.
# Seen: status and qop for each list.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 httpx==0.28.1
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

import httpx, re, requests
from requests.auth import HTTPDigestAuth

for qops in ("auth,auth-int", "auth, auth-int", "auth-int,auth", "auth-int, auth"):
    CHALLENGES[:] = [f'Digest realm="r", nonce="n", qop="{qops}"']
    for name, ask in (
        ("requests", lambda: requests.get(url, auth=HTTPDigestAuth("alice", "secret"))),
        ("httpx", lambda: httpx.get(url, auth=httpx.DigestAuth("alice", "secret"))),
    ):
        del seen[:]
        status = ask().status_code
        given = re.search('qop="?([a-z-]+)', seen[-1] or "")
        print(f'"{qops}" {name}: {status} {given.group(1) if given else "no answer"}')
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
"auth,auth-int" requests: 200 auth
"auth,auth-int" httpx: 200 auth
"auth, auth-int" requests: 200 auth
"auth, auth-int" httpx: 200 auth
"auth-int,auth" requests: 200 auth
"auth-int,auth" httpx: 200 auth
"auth-int, auth" requests: 401 no answer
"auth-int, auth" httpx: 200 auth
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
