//! The command line.

mod check;
mod config_check;
mod convert;
mod credential_files;
mod demo;
mod device;
mod emulate;
mod exit;
mod failure;
mod generate;
mod health;
mod key;
mod live_table;
mod logging;
mod output_file;
mod output_folder;
mod password;
mod place;
mod plain;
mod preview;
mod push_file;
mod send;
mod serve;
mod service;
mod table;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory, Parser, Subcommand};

use exit::Exit;
use logging::Logging;

/// A vendor push-channel multiplexer: one normalized push to APNs, Xiaomi Mi and the rest, one vocabulary back.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// What to log: error, warn, info, debug, trace, or a filter such as channel=debug.
    #[arg(long, global = true, env = "PUSHMUX_LOG", value_name = "FILTER")]
    log: Option<String>,
    /// Write logs as JSON, one object a line.
    #[arg(
        long,
        global = true,
        env = "PUSHMUX_LOG_JSON",
        action = clap::ArgAction::SetTrue,
        value_parser = clap::builder::BoolishValueParser::new()
    )]
    log_json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the HTTP API.
    Serve(serve::Arguments),
    #[command(flatten)]
    Tool(Box<Tool>),
}

/// Whatever does not serve a configuration.
#[derive(Debug, Subcommand)]
enum Tool {
    /// Start emulators and the service, send one push per channel, show the outcomes.
    Demo(demo::Arguments),
    /// Start every vendor's emulator on loopback and fill a folder with what a client needs.
    Emulate(emulate::Arguments),
    /// Send a push through a running service.
    Send(send::Arguments),
    /// Show what each vendor would be sent, without sending it.
    Preview(preview::Arguments),
    /// Say what a credential file is, and whether the vendor takes it.
    Check(check::Arguments),
    /// Write a credential in another form: p12 to PEM, or back.
    Convert(convert::Arguments),
    /// Work with configurations.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print the name that a device bears in the service's log.
    Device(device::Arguments),
    /// Make the keys that callers bear.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Ask a running service whether it takes new pushes.
    Health(health::Arguments),
    /// Print the document of the HTTP API, OpenAPI 3.1, for what makes clients of it.
    Openapi,
    /// Print a script that completes commands in a shell.
    Completions(generate::CompletionsArguments),
    /// Print the manual page, or write one for each command.
    Man(generate::ManArguments),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Check a configuration and list every fault.
    Check(config_check::Arguments),
}

const EXAMPLES: &str = "\
Examples:
  pushmux demo                              see it work, without any account
  pushmux emulate --dir /tmp/emulators      vendors for your own tests
  pushmux config check pushmux.toml         find every fault before you deploy
  pushmux key new --name shop --app shop --action send
                                            let a caller in
  pushmux serve --config pushmux.toml       run the service
  pushmux preview push.json                 see what each vendor would be sent
  pushmux send push.json                    send a push through it
  pushmux check push.p12 --live             what is it, and does the vendor take it?
  pushmux convert push.p12 --out push.pem   the form that servers want

Exit codes:
  0 done    1 failed, or a target was not accepted    2 the service or file could not be read    64 wrong usage or configuration";

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            let _ = error.print();
            return code.into();
        }
    };
    let Arguments { command, log, log_json } = arguments;
    let logging = Logging { filter: log, default: command.default_log(), json: log_json };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(command.run(logging));
            // What still runs on threads, such as the check of a file, is nothing to wait for.
            runtime.shutdown_timeout(Duration::from_secs(1));
            result
        }
        Err(error) => Err(anyhow::Error::from(error)),
    };
    result.unwrap_or_else(|error| exit::report(&error)).into()
}

// === impl Command ===

impl Command {
    async fn run(self, logging: Logging) -> anyhow::Result<Exit> {
        match self {
            // Its configuration says where its spans go, so it is read before anything is logged.
            Command::Serve(arguments) => serve::run(arguments, logging).await,
            Command::Tool(tool) => {
                logging.start();
                tool.run().await
            }
        }
    }

    fn default_log(&self) -> &'static str {
        match self {
            Command::Serve(_) => "info",
            Command::Tool(tool) => tool.default_log(),
        }
    }
}

// === impl Tool ===

impl Tool {
    async fn run(self) -> anyhow::Result<Exit> {
        match self {
            Tool::Demo(arguments) => demo::run(arguments).await,
            Tool::Emulate(arguments) => emulate::run(arguments).await,
            Tool::Send(arguments) => send::run(arguments).await,
            Tool::Preview(arguments) => preview::run(&arguments),
            Tool::Check(arguments) => check::run(arguments).await,
            Tool::Convert(arguments) => convert::run(&arguments),
            Tool::Config(ConfigCommand::Check(arguments)) => config_check::run(&arguments).await,
            Tool::Device(arguments) => device::run(&arguments),
            Tool::Key(key::KeyCommand::New(arguments)) => key::run(&arguments),
            Tool::Health(arguments) => health::run(&arguments).await,
            Tool::Openapi => Ok(generate::openapi()),
            Tool::Completions(arguments) => Ok(generate::completions(&arguments, Arguments::command())),
            Tool::Man(arguments) => generate::man(&arguments, Arguments::command()),
        }
    }

    /// Commands that show a result do not talk beside it.
    const fn default_log(&self) -> &'static str {
        match self {
            Tool::Emulate(_) => "info",
            Tool::Demo(_)
            | Tool::Send(_)
            | Tool::Preview(_)
            | Tool::Check(_)
            | Tool::Convert(_)
            | Tool::Config(_)
            | Tool::Device(_)
            | Tool::Key(_)
            | Tool::Health(_)
            | Tool::Openapi
            | Tool::Completions(_)
            | Tool::Man(_) => "warn",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }
}
