#!/usr/bin/env bash
# alt-sasl-digest-md5 1.0.2 (npm): with an authorization identity the response to DIGEST-MD5 ends in
# charset=utf-8authzid="bob", without the comma between two directives (RFC 2831 §7.1); where the challenge
# has no charset it is the response's 32 digits that it is glued to. Without one the response is well formed.
# Guessed: charset=utf-8,authzid="bob".
# Seen: the end of the response, with and without an identity.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund alt-sasl-digest-md5@1.0.2 >/dev/null
cat >look.cjs <<'JAVASCRIPT'
const Mechanism = require('alt-sasl-digest-md5');

for (const charset of [',charset=utf-8', ''])
  for (const authzid of [undefined, 'bob']) {
    const mechanism = new Mechanism();
    mechanism.challenge('realm="r",nonce="n",qop="auth",algorithm=md5-sess' + charset);
    const response = mechanism.response({
      username: 'alice', password: 'secret', serviceType: 'imap', host: 'h', authzid,
    });
    console.log(`${charset || ',no charset'}, ${authzid ?? 'nobody'}: ${response.slice(response.indexOf('response=') + 41)}`);
  }
JAVASCRIPT
seen=$(timeout 120 node look.cjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
,charset=utf-8, nobody: ,charset=utf-8
,charset=utf-8, bob: ,charset=utf-8authzid="bob"
,no charset, nobody: 
,no charset, bob: authzid="bob"
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
