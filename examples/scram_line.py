#!/usr/bin/env python3
"""Makes lines for the file that `accounts` of the table [scram] names.

    scram_line.py [--mechanism NAME] [--iterations COUNT] USER

asks for the password twice where a person is there, or reads it from standard input, and prints
USER:KEYS. NAME is SCRAM-SHA-256 unless told otherwise, or SCRAM-SHA-1 or SCRAM-SHA-512; COUNT is
4096 to 65536, which every client takes.

A password beyond ASCII that SASLprep (RFC 4013) changes gets two lines with one salt: some clients
prepare it and others do not. Nothing but Python's own modules is wanted.
"""
import argparse
import base64
import getpass
import hashlib
import hmac
import os
import stringprep
import sys
import unicodedata

HASHES = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}

PROHIBITED = (
    stringprep.in_table_a1,
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def prepared(text):
    """The string as SASLprep has it, or as it is where SASLprep refuses it or leaves nothing."""
    mapped = "".join(
        " " if stringprep.in_table_c12(char) else char for char in text if not stringprep.in_table_b1(char)
    )
    result = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if not result or any(test(char) for char in result for test in PROHIBITED):
        return text
    right = [stringprep.in_table_d1(char) for char in result]
    left = any(stringprep.in_table_d2(char) for char in result)
    if any(right) and (left or not right[0] or not right[-1]):
        return text
    return result


def keys(mechanism, password, salt, iterations):
    """What a server keeps of a password (RFC 5802 section 3, in the form of RFC 5803)."""
    name = HASHES[mechanism]
    salted = hashlib.pbkdf2_hmac(name, password.encode(), salt, iterations)
    client_key = hmac.new(salted, b"Client Key", name).digest()
    server_key = hmac.new(salted, b"Server Key", name).digest()
    parts = (salt, hashlib.new(name, client_key).digest(), server_key)
    salt, stored_key, server_key = (base64.b64encode(part).decode() for part in parts)
    return f"{mechanism}${iterations}:{salt}${stored_key}:{server_key}"


def asked():
    """The password, from a person or from standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass()
    if getpass.getpass("Once more: ") != password:
        sys.exit("scram_line.py: the two differ")
    return password


def main():
    parser = argparse.ArgumentParser(description="Makes a line of a file of SCRAM's stored keys.")
    parser.add_argument("--mechanism", choices=HASHES, default="SCRAM-SHA-256")
    parser.add_argument("--iterations", type=int, default=4096)
    parser.add_argument("user")
    options = parser.parse_args()
    if not 4096 <= options.iterations <= 65536:
        parser.error("COUNT is 4096 to 65536")
    if not options.user or options.user.startswith("#") or any(char in options.user for char in ":\r\n\0"):
        parser.error("no line can name this user")
    password = asked()
    if not password:
        sys.exit("scram_line.py: the password is empty")
    salt = os.urandom(16)
    for form in dict.fromkeys((prepared(password), password)):
        print(f"{options.user}:{keys(options.mechanism, form, salt, options.iterations)}")


main()
