//! Java programs: Debian's jars, and those of `PyPI`'s pyspark.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::programs::{Found, runs};
use crate::support;

/// The version of pyspark, and so of Spark, whose jars `.ci/applications` unpacks.
pub(crate) const SPARK: &str = "3.5.3";
/// The version of Hadoop that it brings along.
pub(crate) const HADOOP: &str = "3.3.4";

const DEBIAN: &str = "/usr/share/java";

/// Debian's jars of these names, as a class path.
pub(crate) fn debian(names: &[&str]) -> Option<String> {
    let paths: Vec<String> = names.iter().map(|name| format!("{DEBIAN}/{name}.jar")).collect();
    paths.iter().all(|path| Path::new(path).exists()).then(|| paths.join(":"))
}

/// The jars of pyspark, as a class path.
fn pyspark() -> Option<String> {
    let directory = support::root().join("target/pyspark").join(SPARK);
    directory.join("complete").exists().then(|| format!("{}/*", directory.display()))
}

/// The class path of our classes that call Hadoop and Spark, and their jars.
pub(crate) fn spark_and_hadoop() -> Found {
    static PATH: OnceLock<Found> = OnceLock::new();
    PATH.get_or_init(|| {
        let jars = pyspark().ok_or("pyspark (of PyPI)")?;
        compile(&["SparkPeer", "HadoopPeer", "HdfsPeer"], &jars)
            .map(|classes| join(&classes, &jars))
    })
    .clone()
}

/// Compiles classes of ours against jars; the directory that they are in.
pub(crate) fn compile(names: &[&str], jars: &str) -> Found {
    if !runs("javac", "--version") || !runs("java", "--version") {
        return Err("openjdk-17-jdk-headless");
    }
    let classes = support::scratch(&format!("peers/{}", names.concat()));
    let mut command = Command::new("javac");
    // The jars' annotations are not theirs to find, and Hadoop's simple RPC is deprecated.
    command.args(["-encoding", "UTF-8", "-nowarn", "-cp", jars, "-d"]).arg(&classes);
    command.args(
        names
            .iter()
            .map(|name| support::root().join(format!("c_tests/peers/applications/{name}.java"))),
    );
    support::succeed(&mut command);
    Ok(classes)
}

/// A class path of two parts.
pub(crate) fn join(classes: &Path, jars: &str) -> PathBuf {
    PathBuf::from(format!("{}:{jars}", classes.display()))
}

/// A Java machine that starts fast, for a class of a class path.
pub(crate) fn java(class_path: &Path, options: &[String], class: &str) -> Command {
    let mut command = Command::new("java");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"]);
    // Class paths end with a star where they have many jars, which is the machine's own to expand.
    command.args(options).arg("-cp").arg(class_path).arg(class);
    command.env("LC_ALL", "C.UTF-8").env_remove("JAVA_TOOL_OPTIONS");
    command
}
