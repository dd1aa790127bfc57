//! The JDK on the path, for the benchmark that has a server of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, root, succeed};

/// A server's classes, built.
pub(crate) struct Jdk {
    classes: PathBuf,
    version: String,
}

impl Jdk {
    /// What the C program is told of it.
    pub(crate) fn macros(&self) -> [String; 3] {
        [
            "-DHAVE_JDK".into(),
            format!("-DJDK_CLASSES=\"{}\"", self.classes.display()),
            format!("-DJDK_VERSION=\"{}\"", self.version),
        ]
    }
}

/// Builds the server's classes into a directory; nothing where there is no JDK.
pub(crate) fn build(classes: &Path) -> Result<Option<Jdk>> {
    let Some(version) = version("java").filter(|_| version("javac").is_some()) else {
        return Ok(None);
    };
    let source = root().join("benches/peers/JdkServer.java");
    succeed(Command::new("javac").arg("-d").arg(classes).arg(source))?;
    Ok(Some(Jdk { classes: classes.into(), version }))
}

/// The second word of what `--version` prints first: "openjdk 17.0.17 2025-10-21".
fn version(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.split_whitespace().nth(1).filter(|_| output.status.success()).map(String::from)
}
