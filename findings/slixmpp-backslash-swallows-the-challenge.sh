#!/usr/bin/env bash
# slixmpp 1.17.0 (PyPI, XMPP): its reader of DIGEST-MD5 challenges knows a backslash in a quoted value and never
# comes back from it: whatever follows to the end of the challenge is read as that value. A nonce of
# "n\\x" (RFC 2831 §7.2, quoted-pair) takes realm, qop and all in, and is sent back escaped as a nonce that the server
# never gave. A challenge that offers auth-int and auth-conf alone is answered with qop=auth.
# Guessed: the character behind the backslash, and then on as before; and no answer, or one of the offered.
# Seen: nonce, realm and qop of the responses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check slixmpp==1.17.0
cat >"$folder/look.py" <<'PYTHON'
import re
from slixmpp.util.sasl.mechanisms import DIGEST

for challenge in (
    rb'nonce="n",realm="r",qop="auth",charset=utf-8',
    rb'nonce="n\\x",realm="r",qop="auth",charset=utf-8',
    rb'nonce="n",realm="r",qop="auth-int,auth-conf",charset=utf-8',
):
    client = DIGEST.__new__(DIGEST)
    names = ("realm", "authzid", "service-name")
    client.credentials = dict.fromkeys(names, b"")
    client.credentials.update(username=b"alice", password=b"secret", service=b"xmpp", host=b"h")
    client.security_settings = {"encrypted": True, "unencrypted_digest": True}
    client.setup("DIGEST-MD5")
    response = client.process(challenge).decode()
    wanted = r',((?:nonce|realm|qop)=(?:"(?:[^"\\]|\\.)*"|[^,]*))'
    print(*re.findall(wanted, response))
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
realm="r" nonce="n" qop=auth
nonce="n\\x\",realm=\"r\",qop=\"auth\",charset=utf-8" qop=auth
realm="r" nonce="n" qop=auth
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
