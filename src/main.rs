//! `revscore-serve`: scores edits over HTTP.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use revscore::service::{
    Access, App, AppParts, Config, ConfigError, DeadLettersArgs, Histories, Ledger, Models,
    ReplayArgs, Streams, Token, TokenCommand, Tokens, Wikis, check_health, greeting,
    handle_dead_letters, replay, run, start_logging,
};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match arguments.get(1).and_then(|command| command.to_str()) {
        Some("replay") => return finish(replay_dump(&ReplayArgs::parse_from(&arguments[1..]))),
        Some("dead-letters") => {
            let args = DeadLettersArgs::parse_from(&arguments[1..]);
            return finish(dead_letters(&args));
        }
        Some("token") => return finish(make_token(&TokenCommand::parse_from(&arguments[1..]))),
        _ => {}
    }
    let config = match Config::read(arguments) {
        Ok(config) => config,
        // Also prints --help and --version.
        Err(ConfigError::Arguments(error)) => error.exit(),
        Err(error) => return fail(&error.into()),
    };
    let result = match config.check_health {
        true => check_health(config.listen).map_err(Into::into),
        false => serve(&config),
    };
    finish(result)
}

fn finish(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// `revscore-serve token`: the table goes to standard output, so that it can be appended to a file.
fn make_token(command: &TokenCommand) -> anyhow::Result<()> {
    let (table, said) = command.make()?;
    eprint!("{said}");
    print!("{table}");
    Ok(())
}

#[tokio::main]
async fn replay_dump(args: &ReplayArgs) -> anyhow::Result<()> {
    replay(args).await
}

#[tokio::main]
async fn dead_letters(args: &DeadLettersArgs) -> anyhow::Result<()> {
    handle_dead_letters(args).await
}

#[tokio::main]
async fn serve(config: &Config) -> anyhow::Result<()> {
    start_logging(&config.log, config.log_format)
        .with_context(|| format!("expected a log filter such as info, got {:?}", config.log))?;
    let app = open(config).await?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    reload_on_hangup(app.clone())?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let greeting = greeting(&app.models(), app.histories(), listener.local_addr()?);
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

/// Opens what the configuration names.
async fn open(config: &Config) -> anyhow::Result<App> {
    let learned = config
        .learn_history
        .as_ref()
        .map_or(&[][..], |wikis| &wikis.0);
    let admin_token = config.admin_token_file.as_deref().map(Token::read);
    let tokens = config.tokens_file.as_deref().map(Tokens::read);
    let tokens = tokens.transpose()?.unwrap_or_default();
    let shadow_models = config.shadow_models.as_deref().map(Models::open);
    let models = Models::open(&config.models)?;
    let parts = AppParts {
        ledger: Ledger::configured(config, &models).await?,
        models,
        shadow_models: shadow_models.transpose()?.unwrap_or_default(),
        histories: Histories::open(&config.models, learned)
            .with_context(|| format!("{} cannot be listed", config.models.display()))?,
        streams: Streams::configured(config)?,
        wikis: Wikis::new(&config.wikis)?,
        access: Access::new(
            tokens.with_admin(admin_token.transpose()?),
            config.read_access,
        )
        .checked()?,
    };
    App::with_parts(parts, config).context("the threads that score cannot be started")
}

/// Opens the models anew at SIGHUP; what comes of it is logged.
fn reload_on_hangup(app: App) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            let app = app.clone();
            // Nobody waits for it, and it logs what it did.
            let _ = tokio::task::spawn_blocking(move || app.reload().is_ok()).await;
        }
    });
    Ok(())
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("revscore-serve: {error:#}");
    ExitCode::FAILURE
}
