//! The benchmark's figures as the rows of docs/performance.md's table.

use std::fmt::Write as _;

use crate::chart::time;
use crate::results::{OURS, Results};

const PEERS: [(&str, &str); 3] = [("Cyrus", "Cyrus"), ("GNU SASL", "GNU SASL"), ("JDK", "the JDK")];
const HANDSHAKE: &str = "Handshake, server side";

/// Tables and rows whose ratios stand in one cell.
type Cell = Vec<(String, String)>;

/// The table, and the sentences' figures below it.
pub(crate) fn write(results: &Results) -> String {
    let mut text = String::from("|");
    for (_, name) in PEERS {
        let _ = write!(text, " | than {name}");
    }
    text += " |\n|---|---|---|---|\n";
    let handshake = |row: &str| (HANDSHAKE.to_string(), row.to_string());
    let auth = results.value(HANDSHAKE, "auth", OURS).map_or_else(|| "-".into(), time);
    let title = format!("server's side of a handshake, auth ({auth})");
    line(&mut text, results, &title, &vec![handshake("auth")]);
    let layers = ["auth-int", "rc4", "des", "3des"].map(handshake).into();
    line(&mut text, results, "auth-int; rc4; des; 3des", &layers);
    let live = "Handshake (auth) while established contexts live".to_string();
    let live = vec![(live, "most contexts".to_string())];
    line(&mut text, results, "auth with 1,000,000 others established", &live);
    for layer in ["auth-int", "rc4", "des", "3des"] {
        for (verb, done) in [("seal", "sealed"), ("open", "opened")] {
            let sizes = ["64 B", "1 KiB", "16 KiB"];
            let cell = sizes.map(|size| (format!("Messages, {layer}"), format!("{verb} {size}")));
            let title = format!("{layer} messages, {done}: {}", sizes.join("; "));
            line(&mut text, results, &title, &cell.into());
        }
    }
    text
}

fn line(text: &mut String, results: &Results, title: &str, cell: &Cell) {
    let _ = write!(text, "| {title}");
    for (peer, _) in PEERS {
        let ratios: Vec<String> =
            cell.iter().map(|(table, row)| ratio(results.ratio(table, row, peer))).collect();
        let none = ratios.iter().all(|ratio| ratio == "-");
        let ratios = if none { "-".into() } else { ratios.join("; ") };
        let _ = write!(text, " | {ratios}");
    }
    text.push_str(" |\n");
}

fn ratio(ratio: Option<f64>) -> String {
    match ratio {
        None => "-".into(),
        Some(ratio) if ratio >= 99.5 => format!("{ratio:.0}"),
        Some(ratio) => format!("{ratio:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_has_nothing_gets_a_dash() {
        let text = "value\tHandshake, server side\tauth\tsecur32\t1000.00\n\
                    value\tHandshake, server side\tauth\tCyrus\t5400.00\n";
        let table = write(&Results::read(text).unwrap());
        let row = "| server's side of a handshake, auth (1.00 µs) | 5.4 | - | - |\n";
        assert!(table.contains(row), "{table}");
    }
}
