//! The signature of a call: MD5 over all parameters but `sign`, and the app's secret.

use md5::{Digest as _, Md5};

/// 32 lower-case hex digits over the decoded pairs, sorted by name in byte order and written without any separator.
pub(super) fn sign(mut pairs: Vec<(&str, &str)>, app_secret: &str) -> String {
    pairs.sort_unstable();
    let mut hash = Md5::new();
    for (name, value) in pairs {
        hash.update(name);
        hash.update("=");
        hash.update(value);
    }
    hash.update(app_secret);
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = concat!(
        r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"Bob","content":"你好"},"#,
        r#""clickTypeInfo":{"clickType":1,"activity":"com.example.chat.OpenActivity","parameters":{"mid":"42"}},"#,
        r#""pushTimeInfo":{"offLine":1,"validTime":24},"#,
        r#""advanceInfo":{"notificationType":{"vibrate":1,"lights":1,"sound":1},"notifyKey":"c-42"}}"#,
    );

    /// The last one is the vendor's own; its secret is literally `<APP_SECRET>`.
    #[test]
    fn known_signatures_come_out() {
        let vendors = r#"{"title":"title","content":"content","pushTimeInfo":{"offLine":1,"validTime":24}}"#;
        let their_id = "RA50c6348036344485d01776773577c64740465480a6b";
        for (pairs, app_secret, want) in [
            (
                vec![("pushIds", "P1AAA,P2BBB"), ("messageJson", MESSAGE), ("appId", "123456")],
                "demo-secret",
                "cb8b2db272764e29d9389d0969fef7e1",
            ),
            (vec![("appId", "123456"), ("pushId", "P1AAA")], "demo-secret", "bf191ebbd98beac9d16776137eb56ff3"),
            (
                vec![("taskId", "20457"), ("pushIds", "P1AAA,P2BBB"), ("appId", "123456")],
                "demo-secret",
                "7fd37921cf043c035c6e69cc0c34f763",
            ),
            (
                vec![("appId", "10000"), ("messageJson", vendors), ("pushIds", their_id)],
                "<APP_SECRET>",
                "ac076ff25d9900015a681cb5172aa53b",
            ),
        ] {
            assert_eq!(sign(pairs, app_secret), want);
        }
    }

    #[test]
    fn empty_parameters_count() {
        assert_ne!(sign(vec![("a", "1"), ("b", "")], "s"), sign(vec![("a", "1")], "s"));
    }
}
