//! The service, as it is configured and started here.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::cluster::{EVENTS, SCORES, Topics};
use crate::service::{SERVE, Service, command};
use crate::wiki::Wiki;

/// A configuration file that reads events from a cluster and texts from a wiki.
pub(crate) fn configure(directory: &Path, topics: &Topics, wiki: &Wiki, more: &str) -> PathBuf {
    let path = directory.join("revscore.toml");
    let (brokers, api_url) = (&topics.brokers, wiki.api_url());
    let text = format!(
        r#"
{more}

[wiki.papwiki]
api_url = "{api_url}"

[source.edits]
from = "kafka"
brokers = "{brokers}"
topics = ["{EVENTS}"]
start = "earliest"
options = {{ "session.timeout.ms" = "6000" }}

[sink.scores]
to = "kafka"
brokers = "{brokers}"
topic = "{SCORES}"
"#
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// Starts it with the shipped models.
pub(crate) fn start(config: &Path, flags: &[&str]) -> Service {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/models");
    let config = ["--config", config.to_str().unwrap()];
    Service::start(Path::new(models), &[&config[..], flags].concat())
}

/// Runs the binary to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    command(SERVE).args(arguments).output().unwrap()
}
