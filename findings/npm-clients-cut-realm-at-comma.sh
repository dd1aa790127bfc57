#!/usr/bin/env bash
# needle 3.5.0, urllib 4.9.2 and @mhoc/axios-digest-auth 0.8.0 (npm): a quoted realm that holds a comma
# (realm="Staff, Berlin") is cut at the comma, so that realm="Staff" is sent and hashed and every right password
# is refused. digest-fetch 3.1.1 keeps it.
# Guessed: quoted strings are read as such, since challenges cannot be told apart without it.
# Seen: the realm of each answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund needle@3.5.0 urllib@4.9.2 digest-fetch@3.1.1 @mhoc/axios-digest-auth@0.8.0 >/dev/null
cat >look.mjs <<'JAVASCRIPT'
const challenges = ['Digest realm="Staff, Berlin", nonce="n", qop="auth"'];

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
const { request } = await import('urllib');
const { default: DigestFetch } = await import('digest-fetch');
const axiosDigest = (await import('@mhoc/axios-digest-auth')).default;
const AxiosDigest = axiosDigest.default ?? axiosDigest;
const clients = {
  needle: () => needle('get', url, { username: 'alice', password: 'secret', auth: 'digest' }),
  urllib: () => request(url, { digestAuth: 'alice:secret' }),
  'digest-fetch': () => new DigestFetch('alice', 'secret').fetch(url),
  'axios-digest-auth': () => new AxiosDigest({ username: 'alice', password: 'secret' }).request({ method: 'GET', url }),
};
for (const [name, ask] of Object.entries(clients)) {
  seen.length = 0;
  await ask();
  console.log(`${name}: ${/realm=.*?(?=,\s*nonce)/.exec(seen.at(-1))[0]}`);
}
process.exit(0);
JAVASCRIPT
seen=$(timeout 120 node look.mjs 2>"$folder/errors") || { cat "$folder/errors" >&2; exit 1; }
expected=$(cat <<'TEXT'
needle: realm="Staff"
urllib: realm="Staff"
digest-fetch: realm="Staff, Berlin"
axios-digest-auth: realm="Staff"
TEXT
)
if [[ $seen != "$expected" ]]; then
  printf 'changed. Expected:\n%s\nSeen:\n%s\n' "$expected" "$seen" >&2
  exit 1
fi
printf 'as described:\n%s\n' "$seen"
