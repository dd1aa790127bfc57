#!/usr/bin/env bash
# requests 2.34.2 (PyPI): HTTPDigestAuth cannot read a challenge with blanks around the equals signs, which
# RFC 9110 §11.2 allows (auth-param = token BWS "=" BWS ...) and calls for recipients to parse. The name is
# then 'realm ' with its blank, and requests.get raises KeyError('realm') instead of returning the 401. With
# blanks behind the sign alone nothing is raised and no answer is made: the 401 comes back.
# Guessed: the header reader strips names as it strips values.
# Seen: a line for each spelling.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2
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

import requests
from requests.auth import HTTPDigestAuth

for challenge in (
    'Digest realm="r", nonce="n", qop="auth"',
    'Digest realm="r" , nonce="n" , qop="auth"',
    'Digest realm= "r", nonce= "n", qop= "auth"',
    'Digest realm = "r", nonce = "n", qop = "auth"',
):
    CHALLENGES[:] = [challenge]
    del seen[:]
    try:
        result = requests.get(url, auth=HTTPDigestAuth("alice", "secret")).status_code
    except Exception as error:
        result = f"{type(error).__name__} {error}"
    print(f"{challenge}: {result}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
Digest realm="r", nonce="n", qop="auth": 200
Digest realm="r" , nonce="n" , qop="auth": 200
Digest realm= "r", nonce= "n", qop= "auth": 401
Digest realm = "r", nonce = "n", qop = "auth": KeyError 'realm'
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
