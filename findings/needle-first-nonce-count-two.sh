#!/usr/bin/env bash
# needle 3.5.0 (npm): the first answer to a nonce says nc="00000002" (in quotes, where RFC 7616 §3.4 has none):
# the count starts at 1 and is raised before it is first used. Every nonce gets that one count and no other,
# since needle asks anew for each request. A server that wants counts to begin at 1 (RFC 2831 demands it for SASL) never lets it in.
# Guessed: 00000001.
# Seen: nc and qop of the answers to three nonces.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund needle@3.5.0 >/dev/null
cat >look.mjs <<'JAVASCRIPT'
const challenges = [];

import http from 'node:http';

const seen = [];
const server = http.createServer((request, response) => {
  const given = request.headers.authorization;
  seen.push(given);
  if (given) return response.end();
  response.writeHead(401, { 'WWW-Authenticate': challenges });
  response.end();
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}/page`;

const { default: needle } = await import('needle');
for (const nonce of ['one', 'two', 'three']) {
  challenges[0] = `Digest realm="r", nonce="${nonce}", qop="auth"`;
  await needle('get', url, { username: 'alice', password: 'secret', auth: 'digest' });
  console.log(`${/nonce="[a-z]+"/.exec(seen.at(-1))[0]} ${/nc=[^,]+/.exec(seen.at(-1))[0]}`);
}
process.exit(0);
JAVASCRIPT
seen=$(timeout 120 node look.mjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
nonce="one" nc="00000002"
nonce="two" nc="00000002"
nonce="three" nc="00000002"
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
