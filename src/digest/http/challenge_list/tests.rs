use super::*;

fn texts(field: &str) -> Vec<&str> {
    digests(field.as_bytes()).map(|text| std::str::from_utf8(text).unwrap()).collect()
}

#[test]
fn challenges_of_one_field_are_taken_apart() {
    for (field, expected) in [
        ("", &[""][..]),
        (" , ", &[""]),
        ("realm=r,nonce=n", &["realm=r,nonce=n"]),
        ("realm = r , nonce = n", &["realm = r , nonce = n"]),
        ("Digest realm=r, nonce=n", &["realm=r, nonce=n"]),
        (",, digest\trealm=r", &["realm=r"]),
        ("Digest", &[""]),
        ("Digest ", &[""]),
        ("Digest ,realm=r", &[",realm=r"]),
        // Of two.
        ("Digest a=1,b=2, Digest c=3", &["a=1,b=2, ", "c=3"]),
        ("a=1, DIGEST c=\"3\"", &["a=1, ", "c=\"3\""]),
        ("Digest a=1,Digest", &["a=1,", ""]),
        // Of others.
        ("Basic realm=\"x\"", &[]),
        ("Basic", &[]),
        ("Negotiate", &[]),
        ("Basic realm=\"x\", Digest a=1", &["a=1"]),
        ("Digest a=1, Basic realm=\"x\"", &["a=1, "]),
        ("a=1, Basic realm=\"x\", charset=\"UTF-8\"", &["a=1, "]),
        ("Digest a=1, Negotiate", &["a=1, "]),
        ("Negotiate, Digest a=1, NTLM", &["a=1, "]),
        ("Negotiate YWJj==, Digest a=1", &["a=1"]),
        ("Negotiate YW/j+~._-=, Digest a=1", &["a=1"]),
        ("NTLM /abc, Digest a=1", &["a=1"]),
        ("Digest a=1, Negotiate YWJj==,Digest b=2", &["a=1, ", "b=2"]),
        (
            "Basic realm=x, y=z, Digest a=1, Bearer scope=\"a b\", c=d, Digest e=f",
            &["a=1, ", "e=f"],
        ),
        // What is in quotes divides nothing.
        ("Digest realm=\"a, Basic b\", nonce=n", &["realm=\"a, Basic b\", nonce=n"]),
        ("Digest realm=\"a\\\", Basic \\\\\", nonce=n", &["realm=\"a\\\", Basic \\\\\", nonce=n"]),
        ("Basic realm=\"a, Digest x=y\", Digest a=1", &["a=1"]),
        ("Basic realm = \"a, Digest x=y\"; z, Digest a=1", &["a=1"]),
        ("New a=1, b=\"2\\\"\", Digest c=3, Basic d=\"\"", &["c=3, "]),
        // A quote where no value begins is none.
        ("Odd a\"b, Digest c=\"d, e\"", &["c=\"d, e\""]),
        ("Odd a\"\", Digest c=d", &["c=d"]),
        ("Digest a=x\"y, Basic b=c", &["a=x\"y, "]),
        // One that does not end is the tokenizer's to refuse.
        ("Digest a=\"1, Basic b=2", &["a=\"1, Basic b=2"]),
        ("Digest a=\"1\\", &["a=\"1\\"]),
        ("Basic a=\"1, Digest b=2", &[]),
        // Folded, as RFC 2616 had it.
        ("Basic a=1,\r\n Digest b=2,\r\n\tc=3", &["b=2,\r\n\tc=3"]),
        // No schemes, since no parameter follows: left where they are.
        ("Digest a=1, b \"2\"", &["a=1, b \"2\""]),
        ("Digest a=1, (b) c=2", &["a=1, (b) c=2"]),
    ] {
        assert_eq!(texts(field), expected, "{field:?}");
    }
}

#[test]
fn no_field_is_looked_at_without_end_or_lost() {
    // Every text of five of these pieces: what is found lies in the field, in order, apart.
    let pieces = ["Digest ", "a=", "\"", "\\", ",", " ", "=", "Basic", "x", "\r\n"];
    let total = pieces.len().pow(5);
    for number in 0..total {
        let field: String =
            (0..5).map(|place| pieces[number / pieces.len().pow(place) % pieces.len()]).collect();
        let mut end = 0;
        for text in texts(&field) {
            let start = text.as_ptr() as usize - field.as_ptr() as usize;
            assert!(start >= end && start + text.len() <= field.len(), "{field:?}");
            end = start + text.len();
        }
    }
}

/// Bytes looked at to take a field apart.
fn looked_at(field: &str) -> usize {
    scan::LOOKED_AT.set(0);
    let _ = digests(field.as_bytes()).count();
    scan::LOOKED_AT.replace(0)
}

#[test]
fn r15_a_field_costs_by_its_length() {
    for piece in [
        ",",
        " ",
        "a",
        "=",
        "\"",
        "\\",
        "a,",
        "a ",
        "a b,",
        "a=",
        "a=\"",
        "a=\"b\",",
        "a=\"\\\\",
        "Digest ",
        "Digest a=b,",
        "Basic a=b, ",
        "Digest \"",
        "Digest,",
        "a b c ",
        "\r\n ",
        "=,",
        "\",",
        "a /,",
    ] {
        let [once, twice] = [20_000, 40_000].map(|times: usize| piece.repeat(times / piece.len()));
        let (short, long) = (looked_at(&once), looked_at(&twice));
        assert!(short <= 6 * once.len() && long <= 2 * short + 100, "{piece:?}: {short}, {long}");
    }
}
