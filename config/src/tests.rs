use std::fs;

use super::*;
use model::{Environment, EventKind};

fn source() -> Source {
    Source::new(
        |path| match path.to_str() {
            Some("ca.pem" | "AuthKey_ABC123DEFG.p8") => Ok(b"text".to_vec()),
            Some("webhook.secret") => Ok(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n".to_vec()),
            _ => Err(format!("{}: no such file", path.display())),
        },
        |name| match name {
            "MI_SECRET" => Some("mi-secret".to_owned()),
            "KEY_HASH" => Some(KeyHash::of(b"another key").to_string()),
            _ => None,
        },
    )
}

fn parsed(text: &str) -> Config {
    Config::parse(text, FilePath::new("pushmux.toml"), &source()).unwrap_or_else(|fault| panic!("{fault:?}"))
}

fn faults(text: &str) -> Vec<String> {
    match Config::parse(text, FilePath::new("pushmux.toml"), &source()) {
        Err(ConfigFault::Invalid { faults, .. }) => faults.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

const WHOLE: &str = r#"
comment = "of the file"
[server]
listen = "127.0.0.1:0"
grace_seconds = 5

[apps.demo.apns]
comment = "of a section"
auth = "token"
key = { file = "AuthKey_ABC123DEFG.p8" }
ca_file = "ca.pem"
rate_per_second = 100
timeout_seconds = 2.5
[apps.demo.apns.sandbox]
endpoint = "https://localhost:2197"
connections = 2

[apps.demo.mi]
app_secret = { env = "MI_SECRET" }
environments = ["production"]
"#;

#[test]
fn a_channel_stands_for_each_environment() {
    let config = parsed(WHOLE);
    let names: Vec<String> = config
        .channels
        .iter()
        .map(|channel| {
            format!("{} {} {} {}", channel.path.dotted(), channel.vendor, channel.environment, channel.explicit)
        })
        .collect();
    assert_eq!(
        names,
        [
            "apps.demo.apns apns production true",
            "apps.demo.apns.sandbox apns sandbox true",
            "apps.demo.mi mi production true",
        ]
    );
    assert_eq!(config.server.grace.as_secs(), 5);
}

#[test]
fn the_sandbox_follows_production_but_for_what_differs() {
    let config = parsed(WHOLE);
    let [production, sandbox, mi] = &config.channels[..] else { panic!("three") };
    assert_eq!(sandbox.environment, Environment::Sandbox);
    assert_eq!(sandbox.section.fields["auth"], production.section.fields["auth"]);
    assert_eq!(sandbox.section.fields["endpoint"], "https://localhost:2197");
    assert_eq!((production.options.connections, sandbox.options.connections), (None, Some(2)));
    assert_eq!(sandbox.options.timeout, production.options.timeout);
    assert!(sandbox.options.authorities.is_some());
    assert!(!production.section.fields.contains_key("ca_file"), "common options are not the adapter's");
    assert_eq!(mi.section.fields["app_secret"]["value"], "mi-secret");
    assert_eq!(production.section.fields["key"]["file"], "AuthKey_ABC123DEFG.p8");
}

#[test]
fn every_fault_is_named() {
    let text = r#"
        colour = 1
        [server]
        listen = "everywhere"
        max_body_bytes = 1
        [apps."de mo".mi]
        [apps.demo.apns]
        key = { file = "missing.p8" }
        secret = { env = "NOWHERE" }
        ca_file = "missing.pem"
        proxy = "socks5://x"
        connections = 0
        rate_per_second = "fast"
        environments = ["staging"]
    "#;
    assert_eq!(
        faults(text),
        [
            "colour: is not a known field here; known are server, spool, metrics, log, traces, apps, keys, limits",
            "server.listen: must be an address and port, such as 127.0.0.1:8080",
            "server.max_body_bytes: must be 1024 to 1073741824",
            "apps.de mo: must be 1 to 64 characters of letters, digits, '.', '_' and '-'",
            "apps.demo.apns.key: missing.p8: no such file",
            "apps.demo.apns.secret: the environment variable NOWHERE is not set",
            "apps.demo.apns.environments: must be an array of \"production\" and \"sandbox\"",
        ]
    );
    assert_eq!(
        faults("[traces]\nsample_ratio = nan\n[apps.demo.mi]\nrate_per_second = -inf"),
        ["apps.demo.mi.rate_per_second: must be a finite number", "traces.sample_ratio: must be a finite number"]
    );
    let text = text.replace("environments = [\"staging\"]", "environments = [\"production\"]");
    assert_eq!(
        faults(&text)[6..],
        [
            "apps.demo.apns.rate_per_second: must be a number, not a string",
            "apps.demo.apns.connections: must be 1 to 100",
            "apps.demo.apns.ca_file: missing.pem: no such file",
            "apps.demo.apns.proxy: must be an http URL of host and port, such as http://proxy.example.com:3128",
        ]
    );
}

#[test]
fn what_is_not_toml_says_where() {
    let fault = Config::parse("a = ", FilePath::new("x.toml"), &source()).unwrap_err();
    assert!(matches!(&fault, ConfigFault::Syntax { .. }) && fault.to_string().contains("line 1"), "{fault}");
}

#[test]
fn relative_paths_start_at_the_files_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mi.secret"), "from a file").unwrap();
    let file = folder.path().join("pushmux.toml");
    fs::write(&file, "[apps.demo.mi]\napp_secret = { file = \"mi.secret\" }\n").unwrap();
    let config = Config::load(&file).unwrap();
    assert_eq!(config.channels[0].section.fields["app_secret"]["value"], "from a file");
    assert!(matches!(Config::load(&folder.path().join("no.toml")), Err(ConfigFault::Unreadable { .. })));
}

#[test]
fn a_webhook_stands_beside_the_vendors() {
    let text = r#"
        [spool]
        path = "spool.sqlite3"
        [apps.demo.webhook]
        comment = "of a webhook"
        url = "https://example.com/events"
        secret = { file = "webhook.secret" }
        events = ["outcome", "channel", "outcome"]
        timeout_seconds = 2.5
        ca_file = "ca.pem"
        [apps.other.webhook]
        url = "http://127.0.0.1:9/"
        allow_insecure = true
        allow_private_addresses = true
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    "#;
    let config = parsed(text);
    assert_eq!((config.apps.len(), config.channels.len()), (2, 0));
    let [demo, other] = &config.webhooks[..] else { panic!("two") };
    assert_eq!((demo.app.as_str(), demo.path.dotted().as_str()), ("demo", "apps.demo.webhook"));
    assert_eq!(demo.url, "https://example.com/events");
    assert_eq!(demo.events, [EventKind::Outcome, EventKind::Channel]);
    assert_eq!(demo.timeout.as_millis(), 2500);
    assert!(demo.authorities.is_some() && !demo.allow_private_addresses);
    assert_eq!(other.events, [EventKind::DeadToken, EventKind::Channel]);
    assert_eq!(other.timeout.as_secs(), 10);
    assert!(other.allow_private_addresses);
    let printed = format!("{config:?}");
    assert!(!printed.contains("MfKQ") && !printed.contains("events\""), "{printed}");
}

#[test]
fn every_fault_of_a_webhook_is_named() {
    let text = r#"
        [spool]
        path = "spool.sqlite3"
        [apps.demo.webhook]
        url = "http://example.com/"
        secret = { env = "NOWHERE" }
        events = ["outcome", "receipt"]
        timeout_seconds = 0
        ca_file = "missing.pem"
        color = "red"
        [apps.other.webhook]
        secret = "hunter2"
        events = []
        allow_insecure = "yes"
    "#;
    assert_eq!(
        faults(text),
        [
            "apps.demo.webhook.secret: the environment variable NOWHERE is not set",
            "apps.demo.webhook.color: is not a known field here; known are url, allow_insecure, secret, events, \
             allow_private_addresses, timeout_seconds, ca_file",
            "apps.demo.webhook.url: must be https; http only with allow_insecure = true",
            "apps.demo.webhook.events.1: is no kind of event; known are outcome, dead_token, channel",
            "apps.demo.webhook.timeout_seconds: must be 0.1 to 60",
            "apps.demo.webhook.ca_file: missing.pem: no such file",
            "apps.other.webhook.allow_insecure: must be true or false, not a string",
            "apps.other.webhook.url: is required",
            "apps.other.webhook.secret: must begin with whsec_, as Standard Webhooks has it: whsec_ and the base64 of \
             24 to 64 random bytes",
            "apps.other.webhook.events: must name at least one kind of event, or be left out",
        ]
    );
}

#[test]
fn a_webhook_without_a_spool_is_a_fault() {
    let text = "[apps.demo.webhook]\nurl = \"https://example.com/\"\nsecret = { file = \"webhook.secret\" }\n";
    assert_eq!(faults(text), ["apps.demo.webhook: posts events, which are kept in a spool: configure [spool] path"]);
}

#[test]
fn a_spool_is_a_file_below_the_configurations_folder_with_sensible_times() {
    let config =
        Config::parse("[spool]\npath = \"a.sqlite3\"\n", FilePath::new("/etc/p/pushmux.toml"), &source()).unwrap();
    let spool = config.spool.unwrap();
    assert_eq!(spool.path, FilePath::new("/etc/p/a.sqlite3"));
    assert_eq!((spool.default_ttl.as_secs(), spool.retention.as_secs()), (86_400, 86_400));
    assert_eq!(
        faults("[spool]\ndefault_ttl_seconds = 0\nretention_seconds = 1\n"),
        [
            "spool.path: is missing: name the file that keeps durable pushes",
            "spool.default_ttl_seconds: must be 1 to 2419200",
            "spool.retention_seconds: must be 60 to 31622400",
        ]
    );
}

const KEYED: &str = r#"
[server]
listen = "0.0.0.0:8080"
[apps.demo]
[apps.other]
[keys.ops]
hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
apps = "all"
actions = ["admin"]
[keys.shop]
comment = "of a key"
hash = { env = "KEY_HASH" }
apps = ["demo"]
actions = ["send", "read", "send"]
"#;

#[test]
fn a_key_is_a_hash_with_apps_and_actions() {
    let config = parsed(KEYED);
    let [ops, shop] = &config.keys[..] else { panic!("two") };
    assert_eq!((&*ops.name, &ops.apps), ("ops", &KeyApps::All));
    assert_eq!(ops.hash, KeyHash::of(b"abc"));
    let (demo, other) = (AppId::parse("demo").unwrap(), AppId::parse("other").unwrap());
    assert!(shop.apps.contains(&demo) && !shop.apps.contains(&other));
    let may = Action::ALL.map(|action| shop.actions.contains(action));
    assert_eq!(may, [true, true, false, false]);
}

#[test]
fn every_fault_of_a_key_is_named_and_no_key_is_repeated() {
    let text = r#"
        [apps.demo]
        [keys."o p s"]
        [keys.a]
        hash = "pmx_secret"
        apps = ["demo", "dmeo"]
        actions = ["send", "write"]
        [keys.b]
        hash = { env = "NOWHERE" }
        apps = "every"
        actions = []
        [keys.c]
        color = "red"
        hash = { env = "KEY_HASH" }
        apps = []
        [keys.d]
        hash = { env = "KEY_HASH" }
        apps = "all"
        actions = ["send"]
        [keys.e]
        hash = { env = "KEY_HASH" }
        apps = "all"
        actions = ["send"]
    "#;
    assert_eq!(
        faults(text),
        [
            "keys.a.hash: is a key, where its hash belongs; make a new key with pushmux key new, this one has been written down",
            "keys.a.apps.1: is no app of this configuration",
            "keys.a.actions.1: is no action; known are send, read, check, admin",
            "keys.b.hash: the environment variable NOWHERE is not set",
            "keys.b.apps: must be \"all\", or an array with the name of at least one app",
            "keys.b.actions: must name at least one action",
            "keys.c.color: is not a known field here; known are hash, apps, actions",
            "keys.c.apps: must be \"all\", or an array with the name of at least one app",
            "keys.c.actions: is required",
            "keys.e.hash: is that of keys.d too: make a key of its own",
            "keys.o p s: must be 1 to 64 characters of letters, digits, '.', '_' and '-'",
        ]
    );
}

#[test]
fn without_keys_only_loopback_is_listened_on() {
    assert_eq!(faults("[server]\nlisten = \"0.0.0.0:8080\"\n"), [format!("server.listen: {NEEDS_KEYS}")]);
    assert_eq!(faults("[server]\nlisten = \"[::]:8080\"\n[keys]\n"), [format!("server.listen: {NEEDS_KEYS}")]);
    for good in ["127.0.0.1:0", "127.1.2.3:80", "[::1]:8080"] {
        assert!(parsed(&format!("[server]\nlisten = \"{good}\"\n")).keys.is_empty(), "{good}");
    }
}

#[test]
fn an_app_has_its_own_limits_or_those_of_every_app() {
    let text = r#"
        [limits]
        rate_per_minute = 600
        burst = 50
        max_in_flight = 1000
        [apps.free]
        [apps.paid.limits]
        rate_per_minute = 6000
        duplicate_window_seconds = 60
    "#;
    let config = parsed(text);
    let limits = |app: &str| config.limits[&AppId::parse(app).unwrap()].clone();
    let (free, paid) = (limits("free"), limits("paid"));
    assert_eq!((free.rate_per_minute, free.brim(), free.max_in_flight), (Some(600), Some(50), Some(1000)));
    assert_eq!((paid.rate_per_minute, paid.brim(), paid.max_in_flight), (Some(6000), Some(600), Some(1000)));
    assert_eq!(paid.duplicate_window.unwrap().as_secs(), 60);
    assert!(parsed("[apps.demo]").limits.is_empty());
}

#[test]
fn every_fault_of_limits_is_named() {
    let text = r#"
        [limits]
        burst = 1
        [apps.demo.limits]
        comment = "of limits"
        rate_per_minute = 0
        max_targets_per_push = 10001
        max_in_flight = "many"
        duplicate_window_seconds = 100000
        speed = 1
    "#;
    assert_eq!(
        faults(text),
        [
            "limits.burst: is of a rate: give rate_per_minute as well",
            "apps.demo.limits.max_in_flight: must be a whole number, 0 or more, not a string",
            "apps.demo.limits.speed: is not a known field here; known are rate_per_minute, burst, max_targets_per_push, max_in_flight, \
             duplicate_window_seconds",
            "apps.demo.limits.rate_per_minute: must be 1 to 6000000",
            "apps.demo.limits.max_targets_per_push: must be 1 to 10000",
            "apps.demo.limits.duplicate_window_seconds: must be 0 to 86400",
        ]
    );
}
