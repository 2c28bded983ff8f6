//! `revscore-serve`: scores edits over HTTP.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use revscore::service::{
    App, Config, ConfigError, Histories, Models, greeting, run, start_logging,
};
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
    let models = Models::open(&config.models)?;
    let learned = config
        .learn_history
        .as_ref()
        .map_or(&[][..], |wikis| &wikis.0);
    let histories = Histories::open(&config.models, learned)
        .with_context(|| format!("{} cannot be listed", config.models.display()))?;
    let app = App::with_histories(models, histories, config)
        .context("the threads that score cannot be started")?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let greeting = greeting(app.models(), app.histories(), listener.local_addr()?);
    // Nobody has to read what is printed.
    let _ = std::io::stdout().write_all(greeting.as_bytes());
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
