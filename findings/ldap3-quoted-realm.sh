#!/usr/bin/env bash
# ldap3 2.9.1 (PyPI): its reader of DIGEST-MD5 challenges takes no backslash: of realm="a\"b" (RFC 2831 §7.2, quoted-pair) it
# makes a\b", and it writes names and realms between quotes without escaping them, so that the response it sends is
# malformed. A quoted comma is read as it should be.
# Guessed: what splits at quotes knows quoted pairs too.
# Seen: what the reader makes of three realms.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ldap3==2.9.1
cat >"$folder/look.py" <<'PYTHON'
from ldap3.protocol.sasl.digestMd5 import decode_directives

for realm in (b'"example.org"', b'"a, b"', b'"a\\"b"'):
    print(f'{realm.decode()} read as {decode_directives(b"realm=" + realm + b",nonce=" + b"n")["realm"]}')
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
"example.org" read as example.org
"a, b" read as a, b
"a\"b" read as a\b"
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
