#!/usr/bin/env bash
# digest-fetch 3.1.1 (npm): a server that offers Basic and Digest, in two WWW-Authenticate headers, gets an
# Authorization of scheme Basic with the parameters of Digest (Basic username="alice",realm="...",nonce=...):
# the headers arrive joined by a comma (as fetch has it), the scheme is taken from the front, and the parameters are found by pattern
# wherever they stand, the realm from the first challenge. With Digest first it works.
# Guessed: Digest, which the package is named for, or plain Basic.
# Seen: scheme and realm of the answer for both orders.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund digest-fetch@3.1.1 >/dev/null
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

const { default: DigestFetch } = await import('digest-fetch');
const basic = 'Basic realm="plain"', digest = 'Digest realm="digest", nonce="n", qop="auth"';
for (const [name, order] of [['Basic first', [basic, digest]], ['Digest first', [digest, basic]]]) {
  challenges.splice(0, 2, ...order);
  seen.length = 0;
  await new DigestFetch('alice', 'secret').fetch(url);
  const given = seen.at(-1);
  console.log(`${name}: ${given.split(' ')[0]}, ${/realm="[^"]*"/.exec(given)[0]}, response: ${given.includes('response=')}`);
}
process.exit(0);
JAVASCRIPT
seen=$(timeout 120 node look.mjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
Basic first: Basic, realm="plain", response: true
Digest first: Digest, realm="digest", response: true
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
