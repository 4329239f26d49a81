//! The fields of the form, and the push they make.

use model::{Environment, Fault};
use serde_json::{Map, Value, json};

use super::FieldErrors;
use crate::access::Access;
use crate::service::Service;

/// The fields as they were filled in.
#[derive(Clone, Debug, Default)]
pub(super) struct PushForm {
    pub(super) app: String,
    pub(super) vendor: String,
    pub(super) environment: String,
    pub(super) token: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) sound: String,
    pub(super) click: String,
    pub(super) data: String,
    pub(super) ttl: String,
    pub(super) priority: String,
}

/// What the form was sent for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Action {
    /// To see what vendors would be sent. Also what the Enter key does.
    #[default]
    Preview,
    /// To be asked whether it is to be sent.
    Send,
    /// To send it.
    SendNow,
}

/// In the place of a vendor: all that the app has.
pub(super) const EVERY_VENDOR: &str = "every";

/// Stands for a device in previews. Every vendor's form of token takes 64 hexadecimal digits.
const SAMPLE_TOKEN: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Where a push has what a field says.
const PLACES: &[(&str, &str)] = &[
    ("/app", "app"),
    ("/targets/0/vendor", "vendor"),
    ("/targets/0/environment", "environment"),
    ("/targets/0/token", "token"),
    ("/targets", "vendor"),
    ("/message/title", "title"),
    ("/message/body", "body"),
    ("/message/sound", "sound"),
    ("/message/click", "click"),
    ("/message/data", "data"),
    ("/options/ttl", "ttl"),
    ("/options/priority", "priority"),
];

/// The field that a fault of a push speaks of.
pub(super) fn field_of(fault: &Fault) -> Option<&'static str> {
    let place = fault.path.pointer();
    let is_at = |at: &str| place.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    PLACES.iter().find(|(at, _)| is_at(at)).map(|(_, field)| *field)
}

// === impl PushForm ===

impl PushForm {
    /// Something to begin with.
    pub(super) fn example(service: &Service, access: &Access) -> Self {
        Self {
            app: service.channels().apps().find(|app| access.sees(app)).map(ToString::to_string).unwrap_or_default(),
            vendor: EVERY_VENDOR.to_owned(),
            environment: Environment::default().to_string(),
            title: "Test push".to_owned(),
            body: "Sent from the pushmux console".to_owned(),
            priority: "high".to_owned(),
            ..Self::default()
        }
    }

    /// Reads a form as browsers send it. Unknown fields are nobody's harm here.
    pub(super) fn read(body: &[u8]) -> (Self, Action) {
        let (mut form, mut action) = (Self::default(), Action::default());
        for (name, value) in form_urlencoded::parse(body) {
            if name == "action" {
                action = Action::of(&value);
            } else if let Some(field) = form.field(&name) {
                // A text area ends its lines as HTTP does; a push has them as they were typed.
                *field = value.replace("\r\n", "\n");
            }
        }
        (form, action)
    }

    /// The push; what is wrong with the fields themselves is told without one.
    pub(super) fn push(&self, service: &Service, action: Action) -> Result<Value, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut message = Map::new();
        for (name, text) in [("title", &self.title), ("body", &self.body), ("sound", &self.sound)] {
            if !text.trim().is_empty() {
                message.insert(name.to_owned(), json!(text));
            }
        }
        if let Some(click) = click(self.click.trim()) {
            message.insert("click".to_owned(), click);
        }
        match data(&self.data) {
            Ok(None) => {}
            Ok(Some(data)) => drop(message.insert("data".to_owned(), data)),
            Err(detail) => errors.add("data", detail),
        }
        let mut options = Map::new();
        match self.ttl.trim() {
            "" => {}
            text => match text.parse::<u64>() {
                Ok(seconds) => drop(options.insert("ttl".to_owned(), json!(seconds))),
                Err(_) => errors.add("ttl", "must be a whole number of seconds"),
            },
        }
        if !self.priority.is_empty() {
            options.insert("priority".to_owned(), json!(self.priority));
        }
        let targets = self.targets(service, action, &mut errors);
        match errors.is_empty() {
            true => Ok(json!({"app": self.app, "message": message, "options": options, "targets": targets})),
            false => Err(errors),
        }
    }

    /// Every field with its name, for the page that asks whether they are meant.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let Self { app, vendor, environment, token, title, body, sound, click, data, ttl, priority } = self.clone();
        vec![
            ("app", app),
            ("vendor", vendor),
            ("environment", environment),
            ("token", token),
            ("title", title),
            ("body", body),
            ("sound", sound),
            ("click", click),
            ("data", data),
            ("ttl", ttl),
            ("priority", priority),
        ]
    }

    /// Whether nothing but title and body was filled in.
    pub(super) fn is_plain(&self) -> bool {
        [&self.sound, &self.click, &self.data, &self.ttl].into_iter().all(String::is_empty)
    }

    fn targets(&self, service: &Service, action: Action, errors: &mut FieldErrors) -> Vec<Value> {
        let token = self.token.trim();
        let is_preview = action == Action::Preview;
        if token.is_empty() && !is_preview {
            errors.add("token", "is needed to send: the token of one device");
        }
        let token = if token.is_empty() { SAMPLE_TOKEN } else { token };
        let target = |vendor: &str| json!({"vendor": vendor, "token": token, "environment": self.environment});
        if self.vendor != EVERY_VENDOR {
            return vec![target(&self.vendor)];
        }
        if !is_preview {
            errors.add("vendor", "choose the one vendor that the device token is of");
        }
        let channels = service.channels();
        let ids = channels.iter().map(crate::channels::ConfiguredChannel::id);
        let ids = ids.filter(|id| id.app.as_str() == self.app && id.environment.as_str() == self.environment);
        let targets: Vec<Value> = ids.map(|id| target(id.vendor.as_str())).collect();
        if targets.is_empty() && is_preview {
            errors.add("vendor", "the app has no channel in this environment");
        }
        targets
    }

    fn field(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "app" => &mut self.app,
            "vendor" => &mut self.vendor,
            "environment" => &mut self.environment,
            "token" => &mut self.token,
            "title" => &mut self.title,
            "body" => &mut self.body,
            "sound" => &mut self.sound,
            "click" => &mut self.click,
            "data" => &mut self.data,
            "ttl" => &mut self.ttl,
            "priority" => &mut self.priority,
            _ => return None,
        })
    }
}

/// What a tap does: a web page, or a link of the app's own scheme.
fn click(link: &str) -> Option<Value> {
    let is_web = |scheme: &str| link.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    match link {
        "" => None,
        _ if is_web("https://") || is_web("http://") => Some(json!({"url": link})),
        _ => Some(json!({"deep_link": link})),
    }
}

fn data(text: &str) -> Result<Option<Value>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(data @ Value::Object(_)) => Ok(Some(data)),
        Ok(_) => Err("must be an object of texts, such as {\"order\": \"4711\"}".to_owned()),
        Err(error) => Err(format!("is not JSON: {error}")),
    }
}

// === impl Action ===

impl Action {
    fn of(word: &str) -> Self {
        match word {
            "send" => Self::Send,
            "send_now" => Self::SendNow,
            _ => Self::Preview,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_form_is_read_back_as_it_was_typed() {
        let (form, action) = PushForm::read(b"app=demo&title=a+%26+b&data=%7B%0D%0A%7D&action=send&stranger=1");
        assert_eq!((&*form.app, &*form.title, &*form.data, action), ("demo", "a & b", "{\n}", Action::Send));
    }

    #[test]
    fn every_field_is_asked_about_again() {
        let mut form = PushForm::default();
        for (name, _) in form.fields() {
            form.field(name).unwrap().push_str(name);
        }
        assert!(form.fields().iter().all(|(name, value)| name == value));
    }

    #[test]
    fn a_link_opens_a_page_or_the_app() {
        assert_eq!(click("HTTPS://example.com/a"), Some(json!({"url": "HTTPS://example.com/a"})));
        assert_eq!(click("myapp://order/1"), Some(json!({"deep_link": "myapp://order/1"})));
        assert_eq!(click(""), None);
    }

    #[test]
    fn data_that_is_no_object_is_told() {
        assert!(data("[1]").is_err() && data("{").is_err());
        assert_eq!(data(" "), Ok(None));
    }
}
