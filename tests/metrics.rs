//! What Prometheus is told: every metric of the table and no other, in a form that Prometheus takes, with numbers that add up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pushmux::metrics::table::{ALL, Kind, Metric};
use serde_json::{Value, json};

use crate::cli::text;
use crate::support::{Rig, hex_token, named, simple, target};

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A series: its name, and its labels as they are written.
type Series<'a> = (&'a str, &'a str);

/// Every series with its value.
fn series(metrics: &str) -> BTreeMap<Series<'_>, f64> {
    let lines = metrics.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            ((name, labels.trim_end_matches('}')), value.parse().unwrap_or_else(|_| panic!("{line}")))
        })
        .collect()
}

/// The sum of a metric over all series whose labels hold these.
fn sum(metrics: &str, name: &str, labels: &[&str]) -> f64 {
    let wanted = |(found, text): &Series<'_>| *found == name && labels.iter().all(|label| text.contains(label));
    series(metrics).iter().filter(|(series, _)| wanted(series)).map(|(_, value)| value).sum()
}

/// The metric that a series belongs to.
fn metric_of(name: &str) -> &'static Metric {
    let is_it = |metric: &&Metric| match metric.kind {
        Kind::Histogram => {
            ["_bucket", "_sum", "_count"].iter().any(|part| name.strip_suffix(part) == Some(metric.name))
        }
        Kind::Counter | Kind::Gauge => metric.name == name,
    };
    ALL.iter().find(is_it).unwrap_or_else(|| panic!("{name} is not in the table"))
}

fn promtool(arguments: &[&str], input: &str) {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("scripts/test installs promtool");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "promtool {arguments:?}: {said}");
}

/// A service whose every part has something to tell.
async fn busy() -> Rig {
    let webhook = "[apps.demo.webhook]\nurl = \"https://127.0.0.1:9/\"\nallow_private_addresses = true\n\
                   secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n";
    let rig = Rig::start_with(|config| format!("{config}\n{webhook}")).await;
    let targets = [target("apns", &hex_token(1)), target("apns", "dead-1"), target("mi", "ok-1"), target("mi", "ok-2")];
    rig.push(simple("demo", &targets)).await;
    // No channel, and a token that cannot be one.
    rig.push(simple("demo-cert", &[target("mi", "ok-1")])).await;
    rig.push(simple("demo", &[target("apns", "not a hex token".split(' ').next().unwrap())])).await;
    rig.keep(&named("kept", &[target("apns", &hex_token(2)), target("huawei", "ok-3")]), "respond-async").await;
    rig.settled("kept").await;
    rig.post("{").await;
    rig.post(simple("nobody", &[target("mi", "ok-1")]).to_string()).await;
    rig.post_to("/v1/nothing", "").await;
    let lines = format!("{}\nno push\n", simple("demo", &[target("fcm", "ok-4")]));
    rig.lines("/v1/pushes/stream", &[("content-type", "application/x-ndjson")], lines).await;
    rig
}

#[tokio::test]
async fn what_is_served_is_what_the_table_says_and_promtool_finds_nothing() {
    let rig = busy().await;
    let (status, classic) = rig.get("/metrics").await;
    assert_eq!(status, 200);
    let told = |kind: &str| -> BTreeSet<String> {
        let lines = classic.lines().filter_map(|line| line.strip_prefix(kind));
        lines.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    };
    let table: BTreeSet<String> = ALL.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(told("# HELP "), table);
    assert_eq!(told("# TYPE "), table);
    for (name, labels) in series(&classic).keys() {
        let metric = metric_of(name);
        let names = labels.split(',').filter(|label| !label.is_empty()).map(|label| label.split_once('=').unwrap().0);
        let names: Vec<&str> = names.filter(|name| *name != "le").collect();
        assert_eq!(names, metric.labels, "{name}");
    }
    promtool(&["check", "metrics"], &classic);
    let client = channel::HttpClients::for_service(&rig.url).unwrap();
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let answer = client.get(format!("{}/metrics", rig.url)).header("accept", accept).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let open = answer.text().await.unwrap();
    assert!(open.ends_with("# EOF\n") && open.contains("# TYPE pushmux_outcomes counter\n"), "{open}");
    let names = |text: &str| series(text).keys().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(names(&open), names(&classic));
    rig.stop().await;
}

#[tokio::test]
async fn numbers_add_up() {
    let rig = busy().await;
    let (_, metrics) = rig.get("/metrics").await;
    let count = |name: &str, labels: &[&str]| sum(&metrics, name, labels);
    let (demo, direct, durable) = ("app=\"demo\"", "mode=\"direct\"", "mode=\"durable\"");
    assert_eq!(count("pushmux_pushes_admitted_total", &[demo, direct]), 3.0, "{metrics}");
    assert_eq!(count("pushmux_targets_admitted_total", &[demo, direct]), 6.0);
    assert_eq!(count("pushmux_pushes_admitted_total", &[demo, durable]), 1.0);
    assert_eq!(count("pushmux_targets_admitted_total", &[]), count("pushmux_outcomes_total", &[]), "{metrics}");
    let apns = "vendor=\"apns\"";
    assert_eq!(count("pushmux_outcomes_total", &[demo, apns, "outcome=\"accepted\""]), 2.0);
    assert_eq!(count("pushmux_outcomes_total", &["app=\"demo-cert\"", "vendor=\"mi\"", "channel_disabled"]), 1.0);
    assert_eq!(count("pushmux_attempts_total", &[demo, "vendor=\"mi\""]), 2.0);
    assert_eq!(count("pushmux_attempt_duration_seconds_count", &[demo, "vendor=\"mi\""]), 1.0, "one call for both");
    assert_eq!(count("pushmux_attempt_duration_seconds_bucket", &[demo, "vendor=\"mi\"", "le=\"+Inf\""]), 1.0);
    assert!(count("pushmux_attempt_duration_seconds_sum", &[demo, "vendor=\"mi\""]) > 0.0);
    assert_eq!(count("pushmux_queue_age_seconds_count", &[demo]), 2.0, "one in each channel of the durable push");
    assert_eq!(count("pushmux_vendor_codes_total", &[apns, "code=\"Unregistered\""]), 1.0, "{metrics}");
    for reason in ["malformed_json", "unknown_app", "not_found"] {
        let wanted = if reason == "malformed_json" { 2.0 } else { 1.0 };
        assert_eq!(count("pushmux_refused_total", &[reason]), wanted, "{reason}: {metrics}");
    }
    assert_eq!(count("pushmux_connections", &[demo, apns]), 1.0);
    assert_eq!(count("pushmux_connections_dialled_total", &[demo, apns, "result=\"ok\""]), 1.0);
    assert_eq!(count("pushmux_access_token_refreshes_total", &[demo, "vendor=\"huawei\"", "result=\"ok\""]), 1.0);
    assert_eq!(count("pushmux_channels", &[demo, apns, "environment=\"production\"", "state=\"open\""]), 1.0);
    assert_eq!((count("pushmux_ready", &[]), count("pushmux_spool_healthy", &[])), (1.0, 1.0));
    assert!(count("pushmux_spool_commits_total", &[]) >= 2.0 && count("pushmux_spool_size_bytes", &[]) > 0.0);
    assert_eq!(count("pushmux_targets_in_flight", &[]), 0.0);
    assert!(count("process_resident_memory_bytes", &[]) > 1e6);
    rig.stop().await;
}

#[tokio::test]
async fn what_waits_is_told_with_its_age_and_its_retries() {
    use crate::support::{every, unavailable};
    let rig = Rig::start().await;
    rig.emulators.control().put_faults(vec![every("mi", unavailable())]);
    rig.keep(&named("waits", &[target("mi", "ok-1")]), "respond-async").await;
    let told = async |name: &str| sum(&rig.get("/metrics").await.1, name, &["app=\"demo\"", "vendor=\"mi\""]);
    crate::process::until("it is tried again", async || told("pushmux_retries_total").await >= 2.0).await;
    assert_eq!(told("pushmux_spool_open_parts").await, 1.0);
    assert_eq!(told("pushmux_queue_age_seconds_count").await, 1.0, "a retry waits by its own will");
    assert!(told("pushmux_attempts_total").await >= 2.0);
    assert_eq!(told("pushmux_outcomes_total").await, 0.0);
    rig.emulators.control().put_faults(Vec::new());
    rig.settled("waits").await;
    assert_eq!(told("pushmux_outcomes_total").await, 1.0);
    rig.stop().await;
}

#[tokio::test]
async fn all_apps_are_told_together_where_that_is_asked_for() {
    let rig = Rig::start_with(|config| format!("{config}\n[metrics]\nper_app = false\n")).await;
    rig.push(simple("demo", &[target("apns", &hex_token(1))])).await;
    rig.push(simple("demo-cert", &[target("apns", &hex_token(2))])).await;
    let (_, metrics) = rig.get("/metrics").await;
    assert!(!metrics.contains("app=\""), "{metrics}");
    assert_eq!(sum(&metrics, "pushmux_outcomes_total", &["vendor=\"apns\"", "outcome=\"accepted\""]), 2.0, "{metrics}");
    assert!(sum(&metrics, "pushmux_channels", &["vendor=\"apns\"", "state=\"open\""]) >= 3.0, "{metrics}");
    rig.stop().await;
}

fn page() -> String {
    let mut table = "| name | kind | labels | tells |\n| --- | --- | --- | --- |\n".to_owned();
    for Metric { name, kind, labels, help } in ALL {
        let kind = format!("{kind:?}").to_lowercase();
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(table, "| `{name}` | {kind} | {} | {help} |", labels.join(", ")).unwrap();
    }
    table
}

/// `UPDATE_DOCS=1` writes it.
#[test]
fn the_page_says_what_the_table_says() {
    let (file, mut found) = (file("docs/metrics.md"), String::new());
    found.push_str(&fs::read_to_string(&file).unwrap());
    let (before, rest) = found.split_once("<!-- table -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->\n").unwrap();
    let wanted = format!("{before}<!-- table -->\n\n{}\n<!-- end -->\n{after}", page());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &wanted).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), wanted, "docs/metrics.md is out of date");
}

/// Every word of a text that is the name of a metric, or should be.
fn named_metrics(text: &str) -> BTreeSet<&str> {
    let is_word = |char: char| char.is_ascii_lowercase() || char == '_';
    let words = text.split(|char| !is_word(char));
    words.filter(|word| word.starts_with("pushmux_") || word.starts_with("process_")).collect()
}

#[test]
fn alerts_and_dashboard_name_only_what_there_is() {
    let rules = fs::read_to_string(file("packaging/prometheus/alerts.yml")).unwrap();
    let tests = fs::read_to_string(file("packaging/prometheus/alerts.test.yml")).unwrap();
    let dashboard = fs::read_to_string(file("packaging/grafana/pushmux.json")).unwrap();
    for text in [&rules, &tests, &dashboard] {
        let names = named_metrics(text);
        assert!(names.len() > 3, "{names:?}");
        for name in names {
            metric_of(name);
        }
    }
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let page = fs::read_to_string(file("docs/metrics.md")).unwrap();
    assert!(alerts.count() >= 10 && page.contains("packaging/prometheus/alerts.yml"));
    let [rules, tests] = ["alerts.yml", "alerts.test.yml"].map(|name| file("packaging/prometheus").join(name));
    promtool(&["check", "rules", rules.to_str().unwrap()], "");
    promtool(&["test", "rules", tests.to_str().unwrap()], "");
}

/// Expressions of the dashboard are rules to promtool, once what Grafana puts in is put in.
#[test]
fn prometheus_understands_every_panel() {
    let dashboard: Value = serde_json::from_slice(&fs::read(file("packaging/grafana/pushmux.json")).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() > 25);
    let rule = |(at, expression): (usize, &&str)| json!({"record": format!("panel:{at}").replace(char::is_numeric, "x"), "expr": expression, "labels": {"panel": at.to_string()}});
    let rules: Vec<Value> = expressions.iter().enumerate().map(rule).collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.yml");
    fs::write(&file, json!({"groups": [{"name": "panels", "rules": rules}]}).to_string()).unwrap();
    promtool(&["check", "rules", "--lint=none", file.to_str().unwrap()], "");
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        assert!(panel["type"] == "row" || panel["datasource"]["uid"] == "${datasource}", "{panel}");
    }
}
