//! The signed form: what is signed and what is sent are written in one breath, so that they cannot differ.
//!
//! The signature is the MD5 of all fields in the order of their names, each as `name=value` with its raw value and nothing
//! between them, followed by the app's secret (server API document, read 2026-11-22). It depends on the device tokens, so
//! each call makes its own; the fields that all calls share are encoded once and read back for the hash.

use form_urlencoded::{Serializer, byte_serialize};
use md5::{Digest, Md5};
use model::Secret;

/// A form in the making. Fields are to be added in the order of their names; fields of the same push in all calls first.
#[derive(Default)]
pub(super) struct SignedForm {
    body: Vec<u8>,
    hash: Md5,
}

/// Room for the signature with its name.
const SIGN_BYTES: usize = "&sign=".len() + 32;

/// The fields that all calls of a push have in common, encoded.
pub(super) fn common(app_id: &str, message_json: &str) -> String {
    Serializer::new(String::new()).append_pair("appId", app_id).append_pair("messageJson", message_json).finish()
}

// === impl SignedForm ===

impl SignedForm {
    /// Goes on behind encoded fields, with room for so many more bytes.
    pub(super) fn resume(encoded: &[u8], more_bytes: usize) -> Self {
        let mut body = Vec::with_capacity(encoded.len() + more_bytes + SIGN_BYTES);
        body.extend_from_slice(encoded);
        let mut hash = Md5::new();
        for (name, value) in form_urlencoded::parse(encoded) {
            hash.update(name.as_bytes());
            hash.update(b"=");
            hash.update(value.as_bytes());
        }
        Self { body, hash }
    }

    /// Begins a field. Names need no escaping.
    pub(super) fn name(&mut self, name: &str) {
        if !self.body.is_empty() {
            self.body.push(b'&');
        }
        for part in [name.as_bytes(), b"="] {
            self.body.extend_from_slice(part);
            self.hash.update(part);
        }
    }

    /// Adds to the value of the field begun last.
    pub(super) fn value(&mut self, raw: &str) {
        self.hash.update(raw.as_bytes());
        byte_serialize(raw.as_bytes()).for_each(|part| self.body.extend_from_slice(part.as_bytes()));
    }

    /// The body with its signature.
    pub(super) fn seal(self, secret: &Secret) -> Vec<u8> {
        let Self { mut body, mut hash } = self;
        hash.update(secret.reveal().as_bytes());
        body.extend_from_slice(format!("&sign={:x}", hash.finalize()).as_bytes());
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(fields: &[(&str, &str)], secret: &str) -> String {
        let mut form = SignedForm::default();
        for (name, value) in fields {
            form.name(name);
            form.value(value);
        }
        let body = form.seal(&Secret::new(secret));
        let (name, sign) = form_urlencoded::parse(&body).last().unwrap();
        assert_eq!(name, "sign");
        sign.into_owned()
    }

    /// Computed beforehand by another program.
    #[test]
    fn worked_examples_are_signed_so() {
        const MESSAGE: &str = concat!(
            r#"{"noticeBarInfo":{"noticeMsgType":1,"noticeBarType":0,"title":"Bob","content":"你好"},"#,
            r#""clickTypeInfo":{"clickType":1,"activity":"com.example.chat.OpenActivity","parameters":{"mid":"42"}},"#,
            r#""pushTimeInfo":{"offLine":1,"validTime":24},"#,
            r#""advanceInfo":{"notificationType":{"vibrate":1,"lights":1,"sound":1},"notifyKey":"c-42"}}"#,
        );
        let secret = "demo-secret";
        let tokens = ("pushIds", "P1AAA,P2BBB");
        let push = [("appId", "123456"), ("messageJson", MESSAGE), tokens];
        assert_eq!(sign(&push, secret), "cb8b2db272764e29d9389d0969fef7e1");
        let one = [("appId", "123456"), ("pushId", "P1AAA")];
        assert_eq!(sign(&one, secret), "bf191ebbd98beac9d16776137eb56ff3");
        let task = [("appId", "123456"), tokens, ("taskId", "20457")];
        assert_eq!(sign(&task, secret), "7fd37921cf043c035c6e69cc0c34f763");
    }

    /// The server API document's own example, whose secret is literally `<APP_SECRET>` and whose JSON is the compact form.
    #[test]
    fn the_vendors_example_is_signed_so() {
        let message = r#"{"title":"title","content":"content","pushTimeInfo":{"offLine":1,"validTime":24}}"#;
        let token = "RA50c6348036344485d01776773577c64740465480a6b";
        let push = [("appId", "10000"), ("messageJson", message), ("pushIds", token)];
        assert_eq!(sign(&push, "<APP_SECRET>"), "ac076ff25d9900015a681cb5172aa53b");
    }

    #[test]
    fn an_empty_value_is_signed_with_its_name() {
        let fields = [("appId", "1"), ("pushIds", "")];
        assert_eq!(sign(&fields, "s"), format!("{:x}", Md5::digest("appId=1pushIds=s")));
    }

    #[test]
    fn common_fields_are_signed_raw() {
        let message = r#"{"title":"a+b & c=d% 你好 🚚"}"#;
        let mut resumed = SignedForm::resume(common("1", message).as_bytes(), 0);
        resumed.name("pushIds");
        resumed.value("P1");
        let body = resumed.seal(&Secret::new("s"));
        let (_, sign) = form_urlencoded::parse(&body).last().unwrap();
        assert_eq!(sign, format!("{:x}", Md5::digest(format!("appId=1messageJson={message}pushIds=P1s"))));
    }
}
