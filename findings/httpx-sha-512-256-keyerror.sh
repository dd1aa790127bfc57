#!/usr/bin/env bash
# httpx 0.28.1 (PyPI): its DigestAuth knows no SHA-512-256, one of the three hashes of RFC 7616 (§6.1), and
# does not say so: a challenge that asks for it raises a bare KeyError('SHA-512-256') out of httpx.get, no
# httpx exception. A second WWW-Authenticate header with MD5 does not help, since the first is the one that
# is read (RFC 7616 §3.7 has clients take the strongest that they support). Guessed: the 401 itself comes
# back, or the MD5 challenge is answered.
# Seen: a line for each set of challenges, with the exception or the status.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1
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

import httpx

strong = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-512-256'
plain = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'
for name, challenges in (("SHA-512-256", [strong]), ("SHA-512-256, MD5", [strong, plain]), ("MD5", [plain])):
    CHALLENGES[:] = challenges
    try:
        result = httpx.get(url, auth=httpx.DigestAuth("alice", "secret")).status_code
    except Exception as error:
        result = f"{type(error).__name__} {error}, an httpx error: {isinstance(error, httpx.HTTPError)}"
    print(f"{name}: {result}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
SHA-512-256: KeyError 'SHA-512-256', an httpx error: False
SHA-512-256, MD5: KeyError 'SHA-512-256', an httpx error: False
MD5: 200
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
