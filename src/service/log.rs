//! Logging: lines on standard error, for people or for machines.
//!
//! What must never be in them is kept out where lines are made: texts, comments, names and
//! addresses. A panic's message can quote any of these, so only its place is logged.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::LogFormat;

/// Starts logging, panics included. Called once, by the binary.
///
/// # Errors
/// When the filter is none.
pub fn start_logging(
    filter: &str,
    format: LogFormat,
) -> Result<(), tracing_subscriber::filter::ParseError> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(place, "a panic at {place}; the request is answered 500");
    }));
    Ok(())
}
