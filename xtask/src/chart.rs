//! The benchmark's figures as a drawing for the README: an SVG file that is the same for the same
//! figures, on light and dark pages.

use svg::Document;
use svg::node::element::{Rectangle, Style, Text, Title};

use crate::results::{OURS, Results};

/// The libraries that are drawn, in their order.
const PEERS: [&str; 4] = [OURS, "Cyrus", "GNU SASL", "JDK"];

/// Measures, in pixels.
const WIDTH: f64 = 880.0;
const COLUMN: f64 = 450.0;
const TOP: f64 = 56.0;
const BAR: f64 = 11.0;
const PITCH: f64 = 14.0;
const LABEL: f64 = 66.0;
const LONGEST: f64 = 270.0;

/// A median's name: what stands over the bars, the table, and the row.
type Row = (&'static str, &'static str, &'static str);

/// Bars below one heading.
struct Panel {
    title: &'static str,
    rows: &'static [Row],
    /// Bytes of a message, where bars are labelled with bytes in time.
    bytes: Option<f64>,
}

const HANDSHAKES: Panel = Panel {
    title: "Handshake, the server's side",
    rows: &[
        ("auth", "Handshake, server side", "auth"),
        ("auth-int", "Handshake, server side", "auth-int"),
        ("auth-conf, rc4", "Handshake, server side", "rc4"),
        ("auth-conf, des", "Handshake, server side", "des"),
        ("auth-conf, 3des", "Handshake, server side", "3des"),
    ],
    bytes: None,
};

const SHORT: Panel = Panel {
    title: "Messages of 64 B, sealed",
    rows: &[
        ("auth-int", "Messages, auth-int", "seal 64 B"),
        ("rc4", "Messages, rc4", "seal 64 B"),
        ("des", "Messages, des", "seal 64 B"),
        ("3des", "Messages, 3des", "seal 64 B"),
    ],
    bytes: None,
};

const LONG: Panel = Panel {
    title: "Messages of 16 KiB",
    rows: &[
        ("auth-int, sealed", "Messages, auth-int", "seal 16 KiB"),
        ("auth-int, opened", "Messages, auth-int", "open 16 KiB"),
        ("rc4, sealed", "Messages, rc4", "seal 16 KiB"),
        ("rc4, opened", "Messages, rc4", "open 16 KiB"),
        ("des, sealed", "Messages, des", "seal 16 KiB"),
        ("des, opened", "Messages, des", "open 16 KiB"),
        ("3des, sealed", "Messages, 3des", "seal 16 KiB"),
        ("3des, opened", "Messages, 3des", "open 16 KiB"),
    ],
    bytes: Some(16384.0),
};

const STYLE: &str = "\
text{font:11px system-ui,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}
.t{font-size:16px;font-weight:600}.h{font-size:13px;font-weight:600}.r{font-weight:600}.q{fill:#59636e}
.e{text-anchor:end}.o{fill:#0969da}.p{fill:#afb8c1}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.q{fill:#9198a1}.o{fill:#4493f7}.p{fill:#545d68}}
";

/// The whole drawing.
pub(crate) fn draw(results: &Results) -> String {
    let compared: Vec<String> = PEERS
        .iter()
        .filter_map(|name| Some(format!("{name} {}", results.version(name)?)))
        .collect();
    let compared = compared.join(", ");
    let about = format!(
        "secur32 beside {compared}, in one run; the fastest of each group has the longest bar; the JDK \
         keeps its factory"
    );
    let drawing = Document::new()
        .add(Title::new(format!("Speed of secur32 beside {compared}")))
        .add(Style::new(STYLE))
        .add(text("t", 0.0, 18.0, "The longer, the faster"))
        .add(text("q", 0.0, 36.0, &about));
    let (drawing, left) = panel(drawing, results, &HANDSHAKES, 0.0, TOP);
    let (drawing, left) = panel(drawing, results, &SHORT, 0.0, left);
    let (drawing, right) = panel(drawing, results, &LONG, COLUMN, TOP);
    let height = left.max(right);
    let drawing = drawing
        .set("viewBox", format!("0 0 {WIDTH} {height}"))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img");
    format!("{drawing}\n")
}

fn text(class: &str, x: f64, y: f64, content: &str) -> Text {
    Text::new(content).set("class", class).set("x", tenths(x)).set("y", y)
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Draws from `y` on; where it ends.
fn panel(
    drawing: Document,
    results: &Results,
    panel: &Panel,
    x: f64,
    mut y: f64,
) -> (Document, f64) {
    let mut drawing = drawing.add(text("h", x, y + 12.0, panel.title));
    y += 20.0;
    for row in panel.rows {
        (drawing, y) = group(drawing, results, row, panel.bytes, x, y);
    }
    (drawing, y + 12.0)
}

/// Draws the bars of a row; where they end.
fn group(
    drawing: Document,
    results: &Results,
    row: &Row,
    bytes: Option<f64>,
    x: f64,
    mut y: f64,
) -> (Document, f64) {
    let (name, table, line) = *row;
    let medians: Vec<(&str, f64)> =
        PEERS.iter().filter_map(|peer| Some((*peer, results.value(table, line, peer)?))).collect();
    let best = medians.iter().fold(f64::INFINITY, |best, (_, median)| best.min(*median));
    let mut drawing = drawing.add(text("r", x, y + 11.0, name));
    y += 16.0;
    for (peer, median) in medians {
        let (start, base) = (x + LABEL, y + 9.5);
        let length = tenths((LONGEST * best / median).max(1.0));
        let bar = Rectangle::new()
            .set("class", if peer == OURS { "o" } else { "p" })
            .set("x", start)
            .set("y", y)
            .set("width", length)
            .set("height", BAR)
            .set("rx", 2);
        drawing = drawing.add(text("e", start - 6.0, base, peer)).add(bar).add(text(
            "q",
            start + length + 5.0,
            base,
            &label(median, bytes),
        ));
        y += PITCH;
    }
    (drawing, y + 6.0)
}

/// A time, or bytes in time.
fn label(nanoseconds: f64, bytes: Option<f64>) -> String {
    match bytes {
        Some(bytes) => format!("{:.0} MB/s", bytes * 1000.0 / nanoseconds),
        None => time(nanoseconds),
    }
}

/// Nanoseconds with three digits that count.
pub(crate) fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ..999.5 => (nanoseconds, "ns"),
        ..999_500.0 => (nanoseconds / 1e3, "µs"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    let digits = if unit == "ns" || value >= 99.95 { 0 } else { usize::from(value < 9.995) + 1 };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let times = [331.4, 999.4, 999.6, 2249.0, 16_007.0, 189_894.0, 1_046_788.0].map(time);
        assert_eq!(
            times,
            ["331 ns", "999 ns", "1.00 µs", "2.25 µs", "16.0 µs", "190 µs", "1.05 ms"]
        );
    }

    #[test]
    fn the_slower_has_the_shorter_bar_and_the_missing_none() {
        let text = "peer\tCyrus\t2.1.28\n\
                    value\tHandshake, server side\tauth\tsecur32\t1000.00\n\
                    value\tHandshake, server side\tauth\tCyrus\t5400.00\n";
        let drawing = draw(&Results::read(text).unwrap());
        assert!(drawing.contains("width=\"270\"") && drawing.contains("width=\"50\""));
        assert!(drawing.contains("Cyrus 2.1.28") && !drawing.contains("GNU SASL"));
        assert_eq!(drawing, draw(&Results::read(text).unwrap()));
    }
}
