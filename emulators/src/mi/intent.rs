//! Android's intent URI, as `Intent.toUri(URI_INTENT_SCHEME)` prints it (pId=1559, section on `intent_uri`):
//! `intent:[//<data>]#Intent;[scheme=<s>;][action=<a>;][launchFlags=0x<hex>;][package=<p>;][component=<p>/<c>;]{<T>.<key>=<value>;}end`

/// The types of extras: string, boolean, byte, char, double, float, int, long, short.
const EXTRA_TYPES: &[&str] = &["S", "B", "b", "c", "d", "f", "i", "l", "s"];

/// What is wrong with an intent URI; nothing if it parses.
pub(super) fn fault(uri: &str) -> Option<&'static str> {
    let Some(rest) = uri.strip_prefix("intent:") else { return Some("does not start with intent:") };
    let Some((data, rest)) = rest.split_once("#Intent;") else { return Some("has no #Intent;") };
    if !data.is_empty() && !data.starts_with("//") {
        return Some("data does not start with //");
    }
    let Some(parts) = rest.strip_suffix("end") else { return Some("does not end with end") };
    if !parts.is_empty() && !parts.ends_with(';') {
        return Some("a part does not end with a semicolon");
    }
    if uri.bytes().any(|byte| byte <= b' ') {
        return Some("has a space that is not written %20");
    }
    parts.split_terminator(';').find_map(part_fault)
}

fn part_fault(part: &str) -> Option<&'static str> {
    let Some((name, value)) = part.split_once('=') else { return Some("a part has no =") };
    if !is_percent_encoded(value) {
        return Some("a % is not followed by two hex digits");
    }
    match name {
        "scheme" | "action" | "package" | "category" | "type" | "identifier" | "sourceBounds" if value.is_empty() => {
            Some("a part is empty")
        }
        "scheme" | "action" | "package" | "category" | "type" | "identifier" | "sourceBounds" => None,
        "launchFlags" => launch_flags_fault(value),
        "component" => component_fault(value),
        _ => extra_fault(name, value),
    }
}

fn launch_flags_fault(value: &str) -> Option<&'static str> {
    let digits = value.strip_prefix("0x")?;
    u32::from_str_radix(digits, 16).err().map(|_| "launchFlags is not hex")
}

/// Package, slash, class; the class may start with a dot.
fn component_fault(value: &str) -> Option<&'static str> {
    match value.split_once('/') {
        Some((package, class)) if is_name(package) && is_name(class.strip_prefix('.').unwrap_or(class)) => None,
        _ => Some("component is not <package>/<class>"),
    }
}

fn is_name(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
    };
    text.split('.').all(part)
}

fn extra_fault(name: &str, value: &str) -> Option<&'static str> {
    let Some((kind, key)) = name.split_once('.') else { return Some("an unknown part") };
    if !EXTRA_TYPES.contains(&kind) || key.is_empty() || !is_percent_encoded(key) {
        return Some("an extra is not <type>.<key>=<value>");
    }
    let fits = match kind {
        "B" => matches!(value, "true" | "false"),
        "b" => value.parse::<i8>().is_ok(),
        "s" => value.parse::<i16>().is_ok(),
        "i" => value.parse::<i32>().is_ok(),
        "l" => value.parse::<i64>().is_ok(),
        "f" | "d" => value.parse::<f64>().is_ok(),
        "c" => !value.is_empty(),
        _ => true,
    };
    (!fits).then_some("an extra's value is not of its type")
}

fn is_percent_encoded(text: &str) -> bool {
    let mut pieces = text.split('%');
    pieces.next();
    pieces.all(|piece| piece.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)))
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
            "intent:#Intent;X.a=1;end",
            "intent:#Intent;launchFlags=14;end2",
            "intent:#Intent;launchFlags=0xzz;end",
            "intent:shop#Intent;end",
        ] {
            assert!(fault(uri).is_some(), "{uri}");
        }
    }
}
