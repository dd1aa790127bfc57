//! docs/configuration.md as the manual page secur32.toml(5), in the language of man(7).

use std::fmt::Write as _;

/// The page that `markdown` makes.
pub(crate) fn page(markdown: &str, version: &str) -> String {
    let mut page = format!(
        ".TH SECUR32.TOML 5 \"\" \"secur32 {version}\" \"File formats\"\n.SH NAME\n\
         secur32.toml \\- configuration of the secur32 library\n"
    );
    let mut is_code = false;
    let mut paragraph = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            flush(&mut page, &mut paragraph);
            page += if is_code { ".EE\n.RE\n" } else { ".PP\n.RS 4\n.EX\n" };
            is_code = !is_code;
        } else if is_code {
            let _ = writeln!(page, "{}", verbatim(line));
        } else if let Some(title) = line.strip_prefix("## ") {
            flush(&mut page, &mut paragraph);
            let _ = writeln!(page, ".SH {}", inline(title).to_uppercase());
        } else if let Some(title) = line.strip_prefix("### ") {
            flush(&mut page, &mut paragraph);
            let _ = writeln!(page, ".SS {}", inline(title));
        } else if line.starts_with("# ") || line.is_empty() {
            flush(&mut page, &mut paragraph);
        } else if let Some(code) = line.strip_prefix("    ") {
            flush(&mut page, &mut paragraph);
            let _ = writeln!(page, ".PP\n.RS 4\n.EX\n{}\n.EE\n.RE", verbatim(code));
        } else if let Some((mark, item)) = item(line) {
            flush(&mut page, &mut paragraph);
            let _ = writeln!(page, ".IP {mark} 4");
            paragraph.push(item);
        } else {
            paragraph.push(line.trim_start());
        }
    }
    flush(&mut page, &mut paragraph);
    page
}

/// An item of a list: its mark, and the rest.
fn item(line: &str) -> Option<(String, &str)> {
    if let Some(rest) = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")) {
        return Some(("\\(bu".into(), rest));
    }
    let (number, rest) = line.split_once(". ")?;
    number.parse::<u8>().ok()?;
    Some((format!("{number}."), rest))
}

/// Writes what has been gathered of a paragraph. What stands behind an item's mark is its first.
fn flush(page: &mut String, paragraph: &mut Vec<&str>) {
    if paragraph.is_empty() {
        return;
    }
    let is_item = page.trim_end().rsplit('\n').next().is_some_and(|last| last.starts_with(".IP "));
    if !is_item {
        *page += ".PP\n";
    }
    let text = inline(&paragraph.join(" "));
    let _ = writeln!(page, "{}", guarded(&text));
    paragraph.clear();
}

/// Code in bold, the words of links without where they go.
fn inline(text: &str) -> String {
    let mut made = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 1 {
            let _ = write!(made, "\\fB{}\\fR", escaped(part));
        } else {
            made += &escaped(&without_links(part)).replace("**", "");
        }
    }
    made
}

fn without_links(text: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let link = after.split_once("](").and_then(|(words, after)| {
            let (_, after) = after.split_once(')')?;
            Some((words, after))
        });
        let Some((words, after)) = link else { break };
        made += before;
        made += words;
        rest = after;
    }
    made + rest
}

fn verbatim(line: &str) -> String {
    guarded(&escaped(line))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('~', "\\(ti").replace('^', "\\(ha")
}

/// A line that begins like a request is none.
fn guarded(line: &str) -> String {
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_becomes_requests() {
        let made = page(
            "# Title\n\n## The file\n\nOne `a-b` of\n[two](x.md).\n\n1. first,\n   more\n2. next\n\n\
             ```toml\n.key = \"\\n\"\n```\n\n    one line\n",
            "1.2.3",
        );
        let body = made.split_once("library\n").map(|(_, body)| body);
        let wanted = ".SH THE FILE\n.PP\nOne \\fBa\\-b\\fR of two.\n.IP 1. 4\nfirst, more\n.IP 2. 4\nnext\n\
                      .PP\n.RS 4\n.EX\n\\&.key = \"\\en\"\n.EE\n.RE\n.PP\n.RS 4\n.EX\none line\n.EE\n.RE\n";
        assert_eq!(body, Some(wanted));
        assert!(made.starts_with(".TH SECUR32.TOML 5 \"\" \"secur32 1.2.3\""), "{made}");
    }
}
