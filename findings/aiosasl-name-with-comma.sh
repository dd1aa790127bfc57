#!/usr/bin/env bash
# aiosasl 0.5.0 (PyPI, what aioxmpp logs in by) and scramp 1.5.0 (PyPI): in SCRAM's first message a comma of a name is
# written =2C and an equals sign =3D (RFC 5802 §5.1). aiosasl writes names as they are, though its own reader of messages knows the
# two: such a user cannot log in to scramp's server, which finds the message malformed.
# Guessed: n=al=2Cice for al,ice, and the login.
# Seen: what is sent for three names, and how it ends.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiosasl==0.5.0 scramp==1.5.0
cat >"$folder/look.py" <<'PYTHON'
import asyncio

import scramp
from aiosasl import SCRAM, SASLInterface, SASLState, SASLStateMachine

MECHANISM = scramp.ScramMechanism("SCRAM-SHA-256")


class Server(SASLInterface):
    def __init__(self):
        self.server = MECHANISM.make_server(lambda user: MECHANISM.make_auth_info("secret"))

    async def initiate(self, mechanism, payload=None):
        self.first = payload.decode()
        self.server.set_client_first(self.first)
        return SASLState.CHALLENGE, self.server.get_server_first().encode()

    async def respond(self, payload):
        if not payload:
            return SASLState.SUCCESS, None
        self.server.set_client_final(payload.decode())
        return SASLState.CHALLENGE, self.server.get_server_final().encode()

    async def abort(self):
        pass


async def look(user):
    async def credentials():
        return user, "secret"

    server = Server()
    try:
        token = SCRAM.any_supported(["SCRAM-SHA-256"])
        await SCRAM(credentials).authenticate(SASLStateMachine(server), token)
        end = "let in"
    except scramp.ScramException:
        end = "refused as malformed"
    print(f"{user}: {server.first.split(',r=')[0]}, {end}")


for name in ("alice", "al,ice", "al=ice"):
    asyncio.run(look(name))
PYTHON
seen=$(timeout 120 "$folder/venv/bin/python" "$folder/look.py" 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
alice: n,,n=alice, let in
al,ice: n,,n=al,ice, refused as malformed
al=ice: n,,n=al=ice, refused as malformed
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
