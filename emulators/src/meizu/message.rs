//! The rules for `messageJson` of a notification to pushIds, object by object in the order of the document.
//!
//! Fields that the document does not have are passed over.

use serde_json::Value;

use super::answer::Refusal;
use super::codes;
use super::section::{Read, Section};
use super::text::{host, is_class, is_key, is_time, is_uri};

const TITLE_CHARS_MAX: usize = 32;
const CONTENT_CHARS_MAX: usize = 100;
const SUBTITLE_CHARS_MAX: usize = 16;
const TARGET_CHARS_MAX: usize = 1000;
const ATTRIBUTE_BYTES_MAX: usize = 1000;
const CALLBACK_BYTES_MAX: usize = 128;
const CALLBACK_PARAM_BYTES_MAX: usize = 64;
/// A receipt address on a host that begins so was never registered in the console; every other one was.
const UNREGISTERED: &str = "unregistered.";

/// What of a message matters beyond its being right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Notice {
    /// It counts against the device's daily limit.
    pub(super) public: bool,
}

/// Checks a message.
pub(super) fn check(message_json: &str) -> Result<Notice, Refusal> {
    let message: Value = serde_json::from_str(message_json)
        .map_err(|error| Refusal::new(codes::PARAMETER, format!("messageJson is not JSON: {error}")))?;
    let root = Section::root(&message)?;
    if !root.has("noticeBarInfo") {
        return Err(root.empty("noticeBarInfo"));
    }
    let notice = notice_bar(&root.section("noticeBarInfo")?)?;
    expand(&root.section("noticeExpandInfo")?)?;
    click(&root.section("clickTypeInfo")?)?;
    push_time(&root.section("pushTimeInfo")?)?;
    advance(&root.section("advanceInfo")?)?;
    vip(&root.section("vipInfo")?)?;
    extra(&root.section("extra")?)?;
    Ok(notice)
}

/// Bar type 1, a picture, was stopped on 2022-05-27.
fn notice_bar(bar: &Section<'_>) -> Read<Notice> {
    let class = bar.one_of("noticeMsgType", &[0, 1])?;
    bar.one_of("noticeBarType", &[0, 2])?;
    for (name, chars_max) in [("title", TITLE_CHARS_MAX), ("content", CONTENT_CHARS_MAX)] {
        bar.mandatory(name)?;
        bar.short(name, chars_max)?;
    }
    Ok(Notice { public: class.unwrap_or(0) == 0 })
}

fn expand(expand: &Section<'_>) -> Read<()> {
    let kind = expand.one_of("noticeExpandType", &[0, 1, 2])?;
    match kind.unwrap_or(0) {
        1 => expand.mandatory("noticeExpandContent").map(|_| ()),
        2 => {
            expand.mandatory("noticeExpandImgUrl")?;
            expand.web("noticeExpandImgUrl")
        }
        _ => Ok(()),
    }
}

/// The tap action, and what it needs beside it.
fn click(click: &Section<'_>) -> Read<()> {
    click.section("parameters")?;
    click.short("activity", TARGET_CHARS_MAX)?;
    click.short("url", TARGET_CHARS_MAX)?;
    click.small("customAttribute", ATTRIBUTE_BYTES_MAX)?;
    match click.one_of("clickType", &[0, 1, 2, 3])?.unwrap_or(0) {
        1 if !is_class(click.mandatory("activity")?) => {
            Err(click.illegal("activity", "is not a fully qualified class"))
        }
        2 if !is_uri(click.mandatory("url")?) => Err(click.illegal("url", "is not a URI with its scheme")),
        3 => click.mandatory("customAttribute").map(|_| ()),
        _ => Ok(()),
    }
}

/// Hours. Only messages to everyone or to tags can be scheduled.
fn push_time(time: &Section<'_>) -> Read<()> {
    time.flag("offLine")?;
    time.within("validTime", 1..=72)?;
    match time.one_of("pushTimeType", &[0, 1])? {
        Some(1) => Err(time.illegal("pushTimeType", "is 1, but a message to pushIds cannot be scheduled")),
        _ => Ok(()),
    }
}

fn advance(advance: &Section<'_>) -> Read<()> {
    advance.flags(&["suspend", "clearNoticeBar", "fixSpeed"])?;
    advance.integer("fixSpeedRate")?;
    advance.section("notificationType")?.flags(&["vibrate", "lights", "sound"])?;
    advance.like("notifyKey", is_key, "is not at most 8 of [0-9A-Za-z_-]")?;
    let fixed = advance.flag("fixDisplay")?.unwrap_or(false);
    for name in ["fixStartDisplayTime", "fixEndDisplayTime"] {
        if fixed {
            advance.mandatory(name)?;
        }
        advance.like(name, |text| text.is_empty() || is_time(text), "is not yyyy-MM-dd HH:mm:ss")?;
    }
    Ok(())
}

/// The emulated app counts as a VIP one.
fn vip(vip: &Section<'_>) -> Read<()> {
    vip.short("subtitle", SUBTITLE_CHARS_MAX)?;
    vip.flag("notGroup")?;
    let stays = vip.within("timeTop", 1800..=7200)?.is_some();
    if vip.flag("pullDownTop")? == Some(true) && stays {
        return Err(vip.illegal("pullDownTop", "excludes timeTop"));
    }
    let known = |color: &str| matches!(color, "" | "#206CFF" | "#E42D22");
    vip.like("titleColor", known, "is not #206CFF or #E42D22")?;
    ["backgroundImgUrl", "smallIconUrl", "bigIconUrl"].iter().try_for_each(|name| vip.web(name))
}

/// Strings; `callback.type` may be a number, as the document has it.
fn extra(extra: &Section<'_>) -> Read<()> {
    if extra.is_absent() {
        return Ok(());
    }
    for name in extra.names().filter(|name| *name != "callback.type") {
        extra.text(name)?;
    }
    let kinds = ["1", "2", "3"];
    match extra.value("callback.type") {
        None => {}
        Some(Value::String(kind)) if kinds.contains(&kind.as_str()) => {}
        Some(kind) if kinds.contains(&kind.to_string().as_str()) => {}
        Some(_) => return Err(extra.illegal("callback.type", "is not 1, 2 or 3")),
    }
    extra.small("callback.param", CALLBACK_PARAM_BYTES_MAX)?;
    extra.small("callback", CALLBACK_BYTES_MAX)?;
    extra.web("callback")?;
    let registered = |url: &str| host(url).is_none_or(|host| !host.starts_with(UNREGISTERED));
    extra.like("callback", registered, "is not registered in the console")
}
