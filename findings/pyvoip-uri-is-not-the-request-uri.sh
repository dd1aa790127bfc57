#!/usr/bin/env bash
# pyVoIP 1.6.8 (PyPI): the Authorization of a REGISTER has another uri than its request line: sip:HOST on the
# line, "sip:HOST;transport=UDP" in the response, hashed so. RFC 3261 §22.4 wants the Request-URI there, and a
# registrar that compares or hashes its own never lets it in. Of a challenge with qop="auth" and an opaque it
# answers in the form of RFC 2069, without both.
# Guessed: one uri, and qop, nc and cnonce where qop was offered.
# Seen: request line and directives of the response.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyVoIP==1.6.8
cat >"$folder/look.py" <<'PYTHON'
import re
import pyVoIP.VoIP
from pyVoIP.SIP import SIPClient, SIPMessage

client = SIPClient("127.0.0.1", 5060, "alice", "secret", None, myIP="127.0.0.1", myPort=5061)
challenge = SIPMessage(
    b"SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 127.0.0.1:5061;branch=x\r\n"
    b"From: <sip:alice@127.0.0.1>;tag=1\r\nTo: <sip:alice@127.0.0.1>;tag=2\r\nCall-ID: 1\r\n"
    b"CSeq: 1 REGISTER\r\nWWW-Authenticate: Digest "
    b'realm="r", nonce="n", qop="auth", algorithm=MD5, opaque="o"\r\nContent-Length: 0\r\n\r\n'
)
lines = client.gen_register(challenge).split("\r\n")
print(lines[0])
given = next(line for line in lines if line.startswith("Authorization"))
print(*re.findall(r"[ ,](\w+)=", given))
print(re.search('uri="[^"]*"', given).group())
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
REGISTER sip:127.0.0.1 SIP/2.0
username realm nonce uri response algorithm
uri="sip:127.0.0.1;transport=UDP"
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
