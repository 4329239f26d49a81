//! Secrets, payloads and device tokens never reach a log, however much is logged.

use std::fs;

use crate::cli::{emulate, pushmux, serve_logging, text};

#[test]
fn the_fullest_log_tells_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let _emulators = emulate(folder.path());
    let log = folder.path().join("serve.log");
    let (mut server, url) = serve_logging(&folder.path().join("pushmux.toml"), "trace", &log);
    let token = "4d61726b65646d61726b65646d61726b65646d61726b65646d61726b65646d61";
    for (vendor, token) in
        [("apns", token), ("apns", "dead-marked-token"), ("mi", "marked-regid"), ("mi", "auth-marked-regid")]
    {
        let send = ["send", "--url", &url, "--vendor", vendor, "--token", token, "--title", "marked-title"];
        pushmux().args(send).output().unwrap();
    }
    server.end();
    let log = text(&fs::read(&log).unwrap());
    assert!(log.contains("A call to a vendor is settled"), "the log is that of the pushes: {log}");
    let mi_secret = fs::read_to_string(folder.path().join("mi.secret")).unwrap();
    let marks = [token, "marked", mi_secret.trim(), "eyJ", "PRIVATE KEY", "key="];
    for mark in marks {
        let line = log.lines().find(|line| line.contains(mark));
        assert!(line.is_none(), "{mark}: {line:?}");
    }
}
