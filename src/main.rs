//! `revscore-serve`: scores edits over HTTP.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use revscore::service::{App, Config, ConfigError, Models, greeting, run, start_logging};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let config = match Config::read(std::env::args_os()) {
        Ok(config) => config,
        // Also prints --help and --version.
        Err(ConfigError::Arguments(error)) => error.exit(),
        Err(error) => return fail(&error.into()),
    };
    match serve(&config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

#[tokio::main]
async fn serve(config: &Config) -> anyhow::Result<()> {
    start_logging(&config.log, config.log_format)
        .with_context(|| format!("expected a log filter such as info, got {:?}", config.log))?;
    let app = App::new(Models::open(&config.models)?, config)
        .context("the threads that score cannot be started")?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    // Nobody has to read what is printed.
    let _ = std::io::stdout().write_all(greeting(app.models(), listener.local_addr()?).as_bytes());
    run(listener, app, async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await;
    Ok(())
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("revscore-serve: {error:#}");
    ExitCode::FAILURE
}
