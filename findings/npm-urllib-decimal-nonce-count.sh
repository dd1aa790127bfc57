#!/usr/bin/env bash
# urllib 4.9.2 (npm): its nonce count is written in decimal digits. The tenth request says nc=00000010, which
# by RFC 7616 §3.4 (eight hexadecimal digits) is the sixteenth: after 9 comes 10, not 0000000a. The count is one for the
# whole process and is not set back for a new nonce, so a server that wants each count to follow the last one
# sees a jump by seven at the tenth request of a process, whichever nonces were in use.
# Guessed: hexadecimal, as its own padding to eight digits suggests.
# Seen: the counts of twelve requests, a new nonce before each.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund urllib@4.9.2 >/dev/null
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

const { request } = await import('urllib');
const counts = [];
for (let number = 1; number <= 12; number += 1) {
  challenges[0] = `Digest realm="r", nonce="nonce${number}", qop="auth"`;
  await request(url, { digestAuth: 'alice:secret' });
  counts.push(/nc=([0-9a-f]+)/.exec(seen.at(-1))[1]);
}
console.log(counts.join(' '));
process.exit(0);
JAVASCRIPT
seen=$(timeout 120 node look.mjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008 00000009 00000010 00000011 00000012
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
