//! Faults to plant between the library and the oracles, so that each oracle can be seen to fire:
//! `SECUR32_FUZZ_FAULT=name` for a target, [`plant`] for a test.

use std::cell::Cell;
use std::sync::OnceLock;

/// Every fault, with the target that must notice it and words of the oracle that does.
pub const ALL: &[(&str, &str, &str)] = &[
    ("denied-is-success", "sasl_login", "ORACLE password"),
    ("foreign-realm", "sasl_login", "ORACLE realm"),
    ("claim-unchecked", "sasl_login", "ORACLE claim"),
    ("right-refused", "sasl_login", "ORACLE nothing lost"),
    ("names-alike", "sasl_login", "ORACLE names"),
    ("proof-unchecked", "sasl_login", "ORACLE proof"),
    ("length-beyond-capacity", "sasl_login", "ORACLE capacity"),
    ("overrun", "sasl_login", "AddressSanitizer: heap-buffer-overflow"),
    ("denied-is-success", "http_login", "ORACLE password"),
    ("foreign-realm", "http_login", "ORACLE realm"),
    ("count-taken-twice", "http_login", "ORACLE count"),
    ("right-refused", "http_login", "ORACLE nothing lost"),
    ("denied-is-success", "scram_login", "ORACLE server status"),
    ("right-refused", "scram_login", "ORACLE server status"),
    ("signature-unchecked", "scram_login", "ORACLE client status"),
    ("count-differs", "scram_login", "ORACLE salt"),
    ("another-name", "scram_login", "ORACLE name"),
    ("flipped-byte", "layers", "ORACLE opened"),
    ("altered-is-success", "layers", "ORACLE altered"),
    ("left-in-clear", "layers", "ORACLE clear"),
    ("right-refused", "layers", "ORACLE nothing lost"),
    ("domain-lost", "identities", "ORACLE strings"),
    ("forged-import", "import", "ORACLE forged"),
    ("half-applied", "configuration", "ORACLE realm"),
    ("wrong-toml", "configuration", "ORACLE toml"),
    ("line-lost", "accounts", "ORACLE account"),
    ("quote-open", "tokenizer", "ORACLE grammar"),
    ("hash-differs", "kernels", "ORACLE md5"),
];

thread_local! {
    static PLANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Plants a fault in this thread, or none.
pub fn plant(fault: Option<&'static str>) {
    PLANTED.set(fault);
}

/// Whether this fault is planted.
pub fn is(name: &str) -> bool {
    static NAMED: OnceLock<Option<String>> = OnceLock::new();
    let named = NAMED.get_or_init(|| std::env::var("SECUR32_FUZZ_FAULT").ok());
    PLANTED.get() == Some(name) || named.as_deref() == Some(name)
}
