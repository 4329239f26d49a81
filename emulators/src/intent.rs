//! Android's intent URI, which Mi and Huawei take for what a tap opens: what `Intent.toUri(URI_INTENT_SCHEME)` prints,
//! `intent://HOST/PATH?QUERY#Intent;scheme=SCHEME;launchFlags=0x4000000;S.key=text;i.n=180;end`, or `intent:#Intent;`
//! with `component=PACKAGE/.Activity`. The order between `#Intent;` and `end` is free. (Mi: pId=1559, section on
//! `intent_uri`; Huawei: andorid-basic-clickaction.)

/// Parts beside extras. Those of the vendors are `scheme`, `launchFlags` and `component`; Android prints the others.
static PARTS: &[&str] =
    &["scheme", "launchFlags", "component", "action", "package", "category", "type", "identifier", "sourceBounds"];

/// What is wrong with an intent URI; nothing if it parses.
pub(crate) fn fault(uri: &str) -> Option<String> {
    match parts(uri) {
        Ok(parts) => {
            parts.split_terminator(';').find_map(|part| Some(format!("has a bad part: {}", part_fault(part)?)))
        }
        Err(why) => Some(why.to_owned()),
    }
}

/// What is between `#Intent;` and `end`.
fn parts(uri: &str) -> Result<&str, &'static str> {
    let rest = uri.strip_prefix("intent:").ok_or("does not start with intent:")?;
    let (data, rest) = rest.split_once("#Intent;").ok_or("has no #Intent;")?;
    let parts = rest.strip_suffix("end").ok_or("does not end with ;end")?;
    match () {
        () if !parts.is_empty() && !parts.ends_with(';') => Err("does not end with ;end"),
        () if !data.is_empty() && !data.starts_with("//") => Err("has data that does not start with //"),
        () if uri.bytes().any(|byte| byte <= b' ') => Err("has a space that is not percent-encoded"),
        () => Ok(parts),
    }
}

fn part_fault(part: &str) -> Option<&'static str> {
    let Some((name, value)) = part.split_once('=') else { return Some("no equals sign") };
    let good = match name {
        "launchFlags" => is_hex(value),
        "component" => is_component(value),
        name if PARTS.contains(&name) => !value.is_empty(),
        name => is_extra(name, value),
    };
    match () {
        () if !is_percent_encoded(value) => Some("a percent sign without two hex digits"),
        () if good => None,
        () => Some("an unknown name, or a value that is not of its type"),
    }
}

fn is_hex(value: &str) -> bool {
    value.strip_prefix("0x").is_some_and(|digits| u32::from_str_radix(digits, 16).is_ok())
}

/// Package, slash, class; the class may start with a dot.
fn is_component(value: &str) -> bool {
    let named = |(package, class): (&str, &str)| is_name(package) && is_name(class.strip_prefix('.').unwrap_or(class));
    value.split_once('/').is_some_and(named)
}

/// A dotted name as Java has them.
fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    text.split('.').all(part)
}

/// `S.` string, `i.` int, `l.` long, `B.` boolean, and Android's other five.
fn is_extra(name: &str, value: &str) -> bool {
    let Some((kind, key)) = name.split_once('.') else { return false };
    let fits = match kind {
        "S" => true,
        "c" => !value.is_empty(),
        "B" => matches!(value, "true" | "false"),
        "b" => value.parse::<i8>().is_ok(),
        "s" => value.parse::<i16>().is_ok(),
        "i" => value.parse::<i32>().is_ok(),
        "l" => value.parse::<i64>().is_ok(),
        "f" | "d" => value.parse::<f64>().is_ok(),
        _ => false,
    };
    fits && !key.is_empty() && is_percent_encoded(key)
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|piece| piece.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_intents_parse() {
        for uri in [
            "intent:#Intent;launchFlags=0x14000000;component=com.example.chat/.OpenActivity;S.mid=42;end",
            "intent:#Intent;component=com.example.app/com.example.app.OrderActivity;S.text=a%20b;i.n=-1;B.x=true;end",
            "intent://shop/order?id=1#Intent;scheme=https;action=android.intent.action.VIEW;package=com.x;end",
            "intent://com.example.app/deeplink?#Intent;scheme=pushscheme;launchFlags=0x4000000;i.age=180;S.name=abc;end",
            "intent:#Intent;launchFlags=0x4000000;component=com.example.app/.Open;S.key=a%20b;B.x=true;l.n=-5;end",
            "intent:#Intent;component=com.example.app/com.example.app.Open;end",
            "intent:#Intent;end",
        ] {
            assert_eq!(fault(uri), None, "{uri}");
        }
    }

    #[test]
    fn everything_else_does_not() {
        for uri in [
            "",
            "https://example.com",
            "intent:#Intent;component=com.x/.Y",
            "intent:#Intent;component=com.x;end",
            "intent:#Intent;component=com.x/;end",
            "intent:#Intent;S.a=1end",
            "intent:#Intent;S.a=a b;end",
            "intent:#Intent;S.a=%2;end",
            "intent:#Intent;i.a=x;end",
            "intent:#Intent;B.a=1;end",
            "intent:#Intent;X.a=1;end",
            "intent:#Intent;launchFlags=4000000;end",
            "intent:#Intent;launchFlags=14;end2",
            "intent:#Intent;launchFlags=0xzz;end",
            "intent:#Intent;scheme=;end",
            "intent:shop#Intent;end",
            "#Intent;end",
        ] {
            assert!(fault(uri).is_some(), "{uri}");
        }
    }
}
