//! The library's readers of messages against the second parser: both take the same texts, and find
//! the same in them.

use secur32::digest::http::response::Response as HttpResponse;
use secur32::digest::message::tokenizer;
use secur32::digest::sasl::challenge::Challenge;
use secur32::digest::sasl::response::Response;
use secur32::error::Status;

use crate::fault;
use crate::strict::{self, Directive};

/// Reads one message in every way.
pub fn run(message: &[u8]) {
    // Exactly as long as it is, so that reading beyond shows.
    let exact: Box<[u8]> = message.into();
    directives(&exact);
    if Response::parse(&exact).is_ok() {
        assert!(strict::sasl_response(&exact).is_some(), "ORACLE response: taken");
    }
    if Challenge::parse(&exact).is_ok() {
        assert!(strict::sasl_challenge(&exact).is_some(), "ORACLE challenge: taken");
    }
    if HttpResponse::parse(&exact, Status::INVALID_TOKEN).is_ok() {
        assert!(strict::http_response(&exact).is_some(), "ORACLE HTTP response: taken");
    }
}

fn directives(message: &[u8]) {
    let ours: Result<Vec<Directive>, _> = tokenizer::directives(message)
        .map(|directive| {
            directive.map(|directive| Directive {
                name: directive.name.to_ascii_lowercase(),
                raw: directive.value.raw().to_vec(),
                value: directive.value.unquoted().into_owned(),
                quoted: directive.value.is_quoted(),
            })
        })
        .collect();
    let mut theirs = strict::directives(message);
    if fault::is("quote-open") {
        theirs = None;
    }
    match (ours, theirs) {
        (Ok(ours), Some(theirs)) => {
            assert_eq!(ours.len(), theirs.len(), "ORACLE grammar: another number of directives");
            assert_eq!(ours, theirs, "ORACLE grammar: another directive");
        }
        (Err(_), None) => {}
        (Ok(_), None) => panic!("ORACLE grammar: taken, and against the grammar"),
        (Err(error), Some(_)) => panic!("ORACLE grammar: refused: {error:?}"),
    }
}
