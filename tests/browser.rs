//! The console in a real browser, against the real service and the emulators.

use serde_json::{Value, json};

use crate::support::Rig;
use crate::webdriver::{Browser, ENTER, SPACE, TAB};

const CREDENTIALS: &str = "/console/credentials";
const PUSH: &str = "/console/push";
const HAS_RESULT: &str = "document.querySelector('#result .verdict, #result .heading')";

fn fixture(name: &str) -> String {
    format!("{}/fixtures/certs/{name}", env!("CARGO_MANIFEST_DIR"))
}

async fn open(rig: &Rig, browser: &Browser, path: &str) {
    browser.open(&format!("{}{path}", rig.url)).await;
}

/// Nothing went wrong in the browser, and nothing but the service was asked.
async fn assert_quiet(rig: &Rig, browser: &Browser) {
    // A refusal answered to a script is an error in the browser's eyes.
    let refusal = |complaint: &String| complaint.contains("responded with a status of 422");
    let complaints: Vec<String> = browser.complaints().await.into_iter().filter(|text| !refusal(text)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    let own = [format!("{}/", rig.url), format!("blob:{}/", rig.url)];
    let requested = browser.requested().await;
    assert!(!requested.is_empty());
    let foreign: Vec<&String> = requested.iter().filter(|url| !own.iter().any(|own| url.starts_with(own))).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[tokio::test]
async fn a_credential_is_checked_and_saved_by_keyboard_alone() {
    let (rig, browser) = (Rig::start().await, Browser::start().await);
    open(&rig, &browser, CREDENTIALS).await;
    browser.press(TAB).await;
    assert!(browser.has_focus(".skip").await, "the first stop skips the menu");
    browser.press(ENTER).await;
    browser.tab_to("#file").await;
    let outline = browser.eval("getComputedStyle(document.activeElement).outlineStyle").await;
    assert_eq!(outline, "solid", "the focus is seen");
    // What the file chooser of the system would do.
    browser.fill("#file", &fixture("kinds/universal.p12")).await;
    browser.press(TAB).await;
    assert!(browser.has_focus("#password").await);
    browser.press("test").await;
    browser.press(ENTER).await;
    browser.wait(HAS_RESULT).await;
    assert!(browser.has_focus("#result-heading").await, "the result has the focus");
    browser.wait("document.getElementById('status').textContent.startsWith('Usable: ')").await;
    let result = browser.text("#result").await;
    for told in ["Usable", "days left", "production", "sandbox", "com.example.shop", "matches", "SHA-256"] {
        assert!(result.contains(told), "{told}: {result}");
    }
    assert_eq!(browser.eval("document.getElementById('file').files.length").await, 1, "the file stays chosen");
    browser.tab_to("button[value=pem]").await;
    browser.press(ENTER).await;
    let pem = browser.downloaded("credential.pem").await;
    let contents = certs::read(&pem, None).unwrap();
    assert_eq!((contents.certificates.len(), contents.keys.len()), (1, 1));
    assert!(browser.text("#result").await.contains("Usable"), "the page stays");
    assert_quiet(&rig, &browser).await;
    drop(browser);
    rig.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_told_where_it_is_typed() {
    let (rig, browser) = (Rig::start().await, Browser::start().await);
    open(&rig, &browser, CREDENTIALS).await;
    browser.fill("#file", &fixture("kinds/universal.p12")).await;
    browser.fill("#password", "guess").await;
    browser.click("button.primary").await;
    browser.wait(HAS_RESULT).await;
    assert!(browser.text("#result").await.contains("wrong_password"));
    assert!(browser.has_focus("#password[aria-invalid=true]").await);
    assert_eq!(browser.text("#password-error").await, "the password does not open the file");
    browser.eval("document.getElementById('password').value = ''").await;
    browser.fill("#password", "test").await;
    browser.press(ENTER).await;
    browser.wait("document.querySelector('#result .verdict.good')").await;
    assert_eq!(browser.text("#password-error").await, "", "what was mended is marked no more");
    assert_quiet(&rig, &browser).await;
    drop(browser);
    rig.stop().await;
}

#[tokio::test]
async fn a_push_is_previewed_and_sent_after_a_question() {
    let (rig, browser) = (Rig::start().await, Browser::start().await);
    open(&rig, &browser, PUSH).await;
    browser.click("button[value=preview]").await;
    browser.wait(HAS_RESULT).await;
    let preview = browser.text("#result").await;
    for vendor in adapters::vendors() {
        assert!(preview.contains(vendor.as_str()), "{vendor}: {preview}");
    }
    assert!(preview.contains("curl -s http://127.0.0.1"), "{preview}");
    browser.click("#vendor option[value=mi]").await;
    browser.fill("#token", "regid-1").await;
    browser.tab_to("button[value=send]").await;
    browser.press(SPACE).await;
    browser.wait("document.querySelector('#result button[value=send_now]')").await;
    assert!(browser.text("#result").await.contains("real device"));
    assert!(rig.received("mi").is_empty(), "a question sends nothing");
    browser.tab_to("button[value=send_now]").await;
    browser.press(ENTER).await;
    browser.wait("document.querySelector('#result .badge.good')").await;
    assert!(browser.text("#result").await.contains("accepted"));
    assert_eq!(rig.received("mi").len(), 1);
    open(&rig, &browser, "/console/channels").await;
    let channels = browser.text("table").await;
    assert!(channels.contains("accepted 1") && channels.contains("client certificate"), "{channels}");
    assert_quiet(&rig, &browser).await;
    drop(browser);
    rig.stop().await;
}

#[tokio::test]
async fn everything_works_without_a_script() {
    let (rig, browser) = (Rig::start().await, Browser::start().await);
    browser.devtools("Emulation.setScriptExecutionDisabled", json!({"value": true})).await;
    open(&rig, &browser, CREDENTIALS).await;
    browser.fill("#file", &fixture("kinds/expired.p12")).await;
    browser.fill("#password", "test").await;
    browser.click("button.primary").await;
    let result = browser.wait_text("#result", "Not usable").await;
    assert!(result.contains("days ago") && result.contains("expired"), "{result}");
    browser.click("#result a[href$='#expired']").await;
    browser.wait_text("#expired", "make a new one").await;
    open(&rig, &browser, PUSH).await;
    browser.click("button[value=preview]").await;
    browser.wait_text("#result", "What would be sent").await;
    drop(browser);
    rig.stop().await;
}

#[tokio::test]
async fn every_page_fits_a_phone_and_is_legible_by_day_and_night() {
    let (rig, browser) = (Rig::start().await, Browser::start().await);
    for (path, act) in STATES {
        open(&rig, &browser, path).await;
        act.perform(&browser).await;
        let mut grounds = Vec::new();
        for (width, scheme) in [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")] {
            let screen = json!({"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": width == 360});
            browser.devtools("Emulation.setDeviceMetricsOverride", screen).await;
            let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.devtools("Emulation.setEmulatedMedia", scheme).await;
            let seen = browser.eval("[document.documentElement.scrollWidth, innerWidth]").await;
            // The width within the scroll bar, which phones have not.
            let seen = seen.as_array().unwrap().iter().map(|seen| seen.as_i64().unwrap()).collect::<Vec<_>>();
            assert!(seen[0] <= seen[1] && seen[1] == width, "{path}: it scrolls sideways: {seen:?}");
            let faint = browser.eval(&format!("({FAINT_TEXTS})()")).await;
            assert_eq!(faint, json!([]), "{path} {width}: contrast below 4.5");
            grounds.push(browser.eval("getComputedStyle(document.body).backgroundColor").await);
        }
        assert!(grounds[0] != grounds[1] && grounds[0] == grounds[2], "{grounds:?}");
        let headings =
            browser.eval("[...document.querySelectorAll('h1,h2,h3')].map((h) => Number(h.tagName[1]))").await;
        assert!(are_in_order(&headings), "{path}: {headings}");
        let unnamed = browser.eval(UNNAMED_FIELDS).await;
        assert_eq!(unnamed, json!([]), "{path}: fields without a label");
    }
    assert_quiet(&rig, &browser).await;
    drop(browser);
    rig.stop().await;
}

/// What to do on a page before it is looked at.
enum Act {
    Nothing,
    Check(&'static str, &'static str),
    Preview,
    Ask,
}

const STATES: &[(&str, Act)] = &[
    ("/", Act::Nothing),
    (CREDENTIALS, Act::Nothing),
    (CREDENTIALS, Act::Check("kinds/universal.p12", "test")),
    (CREDENTIALS, Act::Check("kinds/expired.p12", "test")),
    (CREDENTIALS, Act::Check("p12/four-pairs.p12", "test")),
    (CREDENTIALS, Act::Check("kinds/universal.p12", "wrong")),
    (PUSH, Act::Preview),
    (PUSH, Act::Ask),
    ("/console/channels", Act::Nothing),
    ("/console/codes#expired", Act::Nothing),
];

impl Act {
    async fn perform(&self, browser: &Browser) {
        match self {
            Act::Nothing => return,
            Act::Check(file, password) => {
                browser.fill("#file", &fixture(file)).await;
                browser.fill("#password", password).await;
                browser.click("button.primary").await;
            }
            Act::Preview => browser.click("button[value=preview]").await,
            Act::Ask => {
                browser.click("#vendor option[value=apns]").await;
                browser.fill("#token", &"0123456789abcdef".repeat(4)).await;
                browser.click("button[value=send]").await;
            }
        }
        browser.wait(HAS_RESULT).await;
        browser.eval("document.querySelectorAll('details').forEach((part) => { part.open = true; })").await;
    }
}

fn are_in_order(levels: &Value) -> bool {
    let levels: Vec<i64> = levels.as_array().unwrap().iter().map(|level| level.as_i64().unwrap()).collect();
    levels.first() == Some(&1) && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1)
}

const UNNAMED_FIELDS: &str = "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]\
    .filter((field) => field.labels.length === 0).map((field) => field.name)";

/// Texts whose contrast (WCAG 2.2, 1.4.3) is below the one for text of any size.
const FAINT_TEXTS: &str = "() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const light = (color) => {
        const [r, g, b] = channels(color).slice(0, 3).map((c) => c / 255)
            .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (channels(color)[3] !== 0) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    return [...document.body.querySelectorAll('*')].filter(hasText).filter((element) => {
        const [one, other] = [light(getComputedStyle(element).color), light(ground(element))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
    }).map((element) => element.textContent.trim().slice(0, 40));
}";
