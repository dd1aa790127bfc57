#!/usr/bin/env bash
# tinysasl 0.1.1 and scramp 1.5.0 (PyPI): of a password, SASLprep (RFC 4013 §2) makes blanks of the blanks beyond ASCII, and
# composes the rest (NFKC). tinysasl has a step of that name which takes characters out instead, blanks beyond ASCII among
# them, and composes nothing: "pass", a no-break space and "word" logs in where the password is "password", and not
# where it is the same as the client's. scramp goes by the RFC.
# Guessed: of two ends with SASLprep, the same password on both logs in.
# Seen: which of the kept passwords (down) each given one (across) logs in for.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tinysasl==0.1.1 scramp==1.5.0
cat >"$folder/look.py" <<'PYTHON'
import scramp
import tinysasl

MECHANISM = scramp.ScramMechanism("SCRAM-SHA-256")
PASSWORDS = ("password", "pass word", "pass\u00a0word", "IX", "\u2168", "\u00e9", "e\u0301")


def is_let_in(kept, given):
    server = MECHANISM.make_server(lambda user: MECHANISM.make_auth_info(kept))
    client = tinysasl.SASL("alice", given, "SCRAM-SHA-256")
    server.set_client_first(client.initial_message().decode())
    try:
        server.set_client_final(client.response(server.get_server_first()).decode())
    except scramp.ScramException:
        return False
    return True


for kept in PASSWORDS:
    given = [ascii(given) for given in PASSWORDS if is_let_in(kept, given)]
    print(f"{ascii(kept)}: {' '.join(given)}")
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
'password': 'password' 'pass\xa0word'
'pass word': 'pass word'
'pass\xa0word': 'pass word'
'IX': 'IX'
'\u2168': 'IX'
'\xe9': '\xe9'
'e\u0301': '\xe9'
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
