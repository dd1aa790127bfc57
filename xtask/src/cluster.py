"""The client of `cargo xtask demo --cluster`: reads "pages N" and "captured N", by a line each."""
import sys

import requests

base = sys.argv[1]
client = requests.Session()
client.auth = requests.auth.HTTPDigestAuth('alice', 'secret')
client.trust_env = False
captured = []
for line in sys.stdin:
    word, number = line.split()
    if word == 'captured':
        print('\n'.join(captured[-int(number):]), flush=True)
        continue
    shown = denied = refused = challenges = 0
    for page in range(int(number)):
        answer = client.get(base, timeout=10)
        challenges += len(answer.history)
        shown += answer.status_code == 200
        denied += answer.status_code in (401, 403)
        refused += answer.status_code >= 500
        if answer.status_code == 200:
            captured.append(answer.request.headers['Authorization'])
    print(shown, denied, refused, challenges, flush=True)
