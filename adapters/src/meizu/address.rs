//! From a composed notification and some device tokens to one signed request.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};
use model::Call;

use super::form::SignedForm;
use super::settings::Settings;

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");

/// Behind `appId` and `messageJson`, in the order in which they are signed.
const TARGETS: &str = "pushIds";
const PACKAGE: &str = "restrictedPackageNames";

/// Characters that may end an element of the list: now, or once a server has decoded the form twice.
const SEPARATORS: [u8; 4] = [b',', b';', b'%', b'&'];

/// A comma as form encoding writes it, and what surrounds names.
const COMMA_BYTES: usize = "%2C".len();
const FRAME_BYTES: usize = "&=&=".len();

pub(super) fn address(settings: &Settings, call: &Call<'_>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::from(body(settings, call)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = settings.send_url.clone();
    request.headers_mut().insert(CONTENT_TYPE, FORM);
    request
}

/// Whether a device token is one element of a comma-separated list, however often it is decoded. Observed pushIds are
/// letters and digits; the vendor states no alphabet, so nothing more is demanded.
pub(super) fn is_one_element(token: &str) -> bool {
    token.bytes().all(|byte| byte.is_ascii_graphic() && !SEPARATORS.contains(&byte))
}

fn body(settings: &Settings, call: &Call<'_>) -> Vec<u8> {
    let tokens: usize = call.targets.iter().map(|target| target.token.as_str().len() + COMMA_BYTES).sum();
    let package = settings.package.as_deref();
    let names = TARGETS.len() + package.map_or(0, |package| PACKAGE.len() + package.len()) + FRAME_BYTES;
    let mut form = SignedForm::resume(&call.composed.payload, tokens + names);
    form.name(TARGETS);
    for (index, target) in call.targets.iter().enumerate() {
        if index > 0 {
            form.value(",");
        }
        form.value(target.token.as_str());
    }
    if let Some(package) = package {
        form.name(PACKAGE);
        form.value(package);
    }
    form.seal(&settings.app_secret)
}
