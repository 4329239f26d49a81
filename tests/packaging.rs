//! How it is shipped and where it runs: the container's file, the unit, a read-only root, completions and manual pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use axum::Router;
use axum::routing::get;
use http::StatusCode;

use crate::cli::{pushmux, text};
use crate::process::{Node, Vendors, marked, until};

/// An instruction of a Dockerfile and what it says.
type Instruction = (String, String);

fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The instructions, continued lines joined.
fn instructions(dockerfile: &str) -> Vec<Instruction> {
    let lines = dockerfile.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let instruction = |line: &str| {
        let (word, rest) = line.trim().split_once(' ').unwrap_or_else(|| panic!("an instruction alone: {line}"));
        (word.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    joined.lines().filter(|line| !line.trim().is_empty()).map(instruction).collect()
}

/// What an instruction says that is given once.
fn only<'a>(stage: &'a [Instruction], word: &str) -> &'a str {
    let said: Vec<&str> = stage.iter().filter(|(found, _)| found == word).map(|(_, said)| &**said).collect();
    assert_eq!(said.len(), 1, "{word}: {said:?}");
    said[0]
}

#[test]
fn the_image_holds_the_binary_alone_and_runs_it_as_nobody() {
    let all = instructions(&shipped("Dockerfile"));
    let begins: Vec<usize> = (0..all.len()).filter(|at| all[*at].0 == "FROM").collect();
    assert_eq!((begins.len(), begins[0]), (2, 0), "a stage that builds, and one that runs");
    let (build, run) = all.split_at(begins[1]);
    for (_, image) in [&build[0], &run[0]] {
        let name = image.split(" AS ").next().unwrap();
        let tag = name.rsplit('/').next().unwrap().split_once(':').map(|(_, tag)| tag);
        assert!(tag.is_some_and(|tag| tag != "latest"), "{image}");
    }
    let rust = env!("CARGO_PKG_RUST_VERSION");
    assert!(build[0].1.starts_with(&format!("rust:{rust}-bookworm AS build")), "the version that Cargo.toml asks for");
    assert!(run[0].1.contains("debian12"), "the same libc as bookworm's");
    assert!(only(build, "RUN").contains("--locked"));
    let known = ["COPY", "ENV", "LABEL", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"];
    for (word, said) in &run[1..] {
        assert!(known.contains(&word.as_str()), "{word} would need a shell, or fetch something");
        assert!(word != "COPY" || said.starts_with("--from=build "), "{said}");
        // What runs is named as a list: there is no shell to take it apart.
        let list = said.split_once(" CMD ").map_or(&**said, |(_, list)| list);
        let is_run = ["HEALTHCHECK", "ENTRYPOINT", "CMD"].contains(&word.as_str());
        assert!(!is_run || serde_json::from_str::<Vec<String>>(list).is_ok(), "{word} {said}");
    }
    let user = only(run, "USER");
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "a number, for runAsNonRoot: {user}");
    assert!(
        run.iter().any(|(_, said)| said.contains(&format!("--chown={user} ")) && said.contains("/var/lib/pushmux"))
    );
    assert_eq!(only(run, "EXPOSE"), "8080");
    assert!(only(run, "HEALTHCHECK").ends_with(r#"CMD ["/usr/bin/pushmux", "health"]"#));
    assert_eq!(only(run, "STOPSIGNAL"), "SIGTERM");
    let sent = shipped(".dockerignore");
    let mut sent = sent.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(sent.next(), Some("*"), "nothing is sent to the build that is not named");
    let sent: Vec<&str> = sent.filter_map(|line| line.strip_prefix('!')).collect();
    for needed in
        ["Cargo.toml", "Cargo.lock", "src", "adapters", "certs", "channel", "config", "emulators", "model", "spool"]
    {
        assert!(sent.contains(&needed), "{needed}");
    }
}

#[test]
fn the_unit_is_sound_and_closed() {
    let folder = tempfile::tempdir().unwrap();
    let unit = shipped("packaging/pushmux.service");
    for line in ["ExecReload=/bin/kill -HUP $MAINPID", "RestartPreventExitStatus=64", "User=pushmux"] {
        assert!(unit.contains(line), "{line}");
    }
    // It is verified with what it starts; that is installed nowhere here.
    let file = folder.path().join("pushmux.service");
    fs::write(&file, unit.replace("/usr/bin/pushmux", env!("CARGO_BIN_EXE_pushmux"))).unwrap();
    let analyze = |arguments: &[&str]| -> Option<Output> {
        Command::new("systemd-analyze").args(arguments).arg(&file).output().ok()
    };
    let Some(verified) = analyze(&["verify", "--man=no"]) else {
        println!("not tested: systemd-analyze is not installed");
        return;
    };
    assert!(verified.status.success() && verified.stderr.is_empty(), "{}", text(&verified.stderr));
    // Of 100, where 0 can reach nothing.
    let exposed = analyze(&["security", "--offline=true", "--threshold=15"]).unwrap();
    assert!(exposed.status.success(), "{}", text(&exposed.stdout));
}

#[test]
fn the_configuration_of_the_package_is_good() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/pushmux.toml");
    let config = config::Config::load(&file).unwrap();
    assert_eq!(config.spool.unwrap().path, PathBuf::from("/var/lib/pushmux/spool.sqlite3"));
}

/// A shell's words for: nothing but that folder can be written to, and whoever runs is no user of this machine. The command
/// that follows runs so.
const CONFINED: &str = r#"
data=$0
mount --bind "$data" "$data" || exit 99
cut -d' ' -f5 /proc/self/mountinfo | while read -r place; do
  case $place in "$data" | /proc*) ;; *) mount -o remount,bind,ro "$place" ;; esac
done
for place in / /tmp /var/tmp "$data/.."; do
  if [ -d "$place" ] && touch "$place/written" 2>/dev/null; then exit 98; fi
done
exec unshare --user --map-user=65532 --map-group=65532 "$@"
"#;

#[tokio::test]
async fn it_runs_as_any_user_on_a_read_only_root_with_one_data_folder() {
    let vendors = Vendors::start().await;
    let data = vendors.folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let file = vendors.config("confined.toml", |config| config.replace("spool.sqlite3", "data/spool.sqlite3"));
    let mut node = Node::new(file.clone());
    let confined = || {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", CONFINED]).arg(&data);
        command
    };
    let tried = confined().args(["id", "-u"]).output();
    if !tried.as_ref().is_ok_and(|tried| text(&tried.stdout).trim() == "65532") {
        println!("not tested: this machine lets nobody but root mount anything ({tried:?})");
        return;
    }
    let mut command = confined();
    let serve = node.command();
    command.arg(serve.get_program()).args(serve.get_args());
    node.start_by(command).await;

    let targets: Vec<(&str, String)> =
        ["apns", "mi", "huawei", "meizu", "fcm"].map(|vendor| (vendor, format!("ok-{vendor}"))).into();
    let (status, answer) = node.send(&marked("direct", "high", &targets)).await.unwrap();
    let results = answer["results"].as_array().unwrap();
    assert!(status == 200 && results.iter().all(|result| result["outcome"] == "accepted"), "{answer}");
    let (status, answer) = node.keep(&marked("kept", "high", &targets[..1])).await.unwrap();
    assert_eq!(status, 202, "{answer}");
    until("it is settled", async || node.state("kept").await["state"] == "settled").await;
    // Its files are read again, too.
    fs::write(&file, fs::read_to_string(&file).unwrap() + "\n[apps.more]\n").unwrap();
    node.process().hang_up();
    until("it is in force", async || node.log().contains("The configuration is in force")).await;
    let healthy = pushmux().args(["health", "--url", &node.url("")]).output().unwrap();
    assert_eq!((healthy.status.code(), text(&healthy.stdout).trim()), (Some(0), "ready"), "{}", text(&healthy.stderr));
    assert_eq!(node.stop().await.0, Some(0), "{}", node.log());
    assert!(data.join("spool.sqlite3").exists());
}

#[tokio::test]
async fn health_tells_ready_from_not_ready_from_nobody() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = || async { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") };
    let serving = tokio::spawn(axum::serve(listener, Router::new().route("/readyz", get(answer))).into_future());
    let asked = async |url: String| {
        let ask = move || pushmux().args(["health", "--url", &url]).output().unwrap();
        tokio::task::spawn_blocking(ask).await.unwrap()
    };
    let stopping = asked(url.clone()).await;
    assert_eq!(stopping.status.code(), Some(1));
    assert!(text(&stopping.stderr).contains("503 Service Unavailable: stopping"), "{}", text(&stopping.stderr));
    serving.abort();
    let _ = serving.await;
    let nobody = asked(url).await;
    assert_eq!(nobody.status.code(), Some(2), "{}", text(&nobody.stderr));
}

#[test]
fn completions_and_manual_pages_are_made_of_the_command_line() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = pushmux().args(["completions", shell]).output().unwrap();
        let script = text(&output.stdout);
        assert!(output.status.success() && script.contains("preview") && script.contains("--config"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("pushmux.bash");
    fs::write(&script, pushmux().args(["completions", "bash"]).output().unwrap().stdout).unwrap();
    // The shell itself completes with it.
    let complete = format!(
        "source {}; COMP_WORDS=(pushmux conf); COMP_CWORD=1; _pushmux pushmux conf pushmux; echo $COMPREPLY",
        script.display()
    );
    let completed = Command::new("bash").args(["-c", &complete]).output().unwrap();
    assert_eq!(text(&completed.stdout).trim(), "config", "{}", text(&completed.stderr));

    let page = text(&pushmux().arg("man").output().unwrap().stdout);
    assert!(page.starts_with(".ie") || page.contains(".TH pushmux 1"), "{page}");
    let pages = folder.path().join("man1");
    let written = pushmux().args(["man", "--dir"]).arg(&pages).output().unwrap();
    assert!(written.status.success(), "{}", text(&written.stderr));
    for name in ["pushmux", "pushmux-serve", "pushmux-config-check", "pushmux-health"] {
        let page = fs::read_to_string(pages.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")), "{page}");
    }
    let refused = pushmux().args(["man", "--dir", "/proc/nowhere"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("/proc/nowhere: cannot be made"), "{}", text(&refused.stderr));
}
