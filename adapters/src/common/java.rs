//! Names of Java, for all vendors of Android devices.

use std::borrow::Cow;

/// One package, as the configuration has it. FCM, Mi, Huawei and Meizu.
pub(crate) fn package(package: String) -> Result<String, &'static str> {
    let fits = is_qualified(&package, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    fits.then_some(package).ok_or("must be one Java package such as com.example.app")
}

/// Whether it is the full name of a class, which may be an inner one (`com.example.app.Main$Alias`).
pub(crate) fn is_class(name: &str) -> bool {
    is_qualified(name, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$'))
}

/// The full name of a class, where one that begins with a dot is below its package; `None` if there is no package.
/// FCM, Huawei and Meizu, which want classes in full.
pub(crate) fn full_class<'a>(class: &'a str, package: Option<&str>) -> Option<Cow<'a, str>> {
    if !class.starts_with('.') {
        return Some(Cow::Borrowed(class));
    }
    package.map(|package| Cow::Owned(format!("{package}{class}")))
}

fn is_qualified(name: &str, plain: impl Fn(u8) -> bool) -> bool {
    let part = |part: &str| part.starts_with(|char: char| char.is_ascii_alphabetic()) && part.bytes().all(&plain);
    name.len() <= 255 && name.contains('.') && name.split('.').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_of_two_names_or_more() {
        for good in ["com.example", "com.example.app_2"] {
            assert!(package(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "app", "com.", ".com", "com..app", "com.2app", "com.ex ample", "com.a,com.b", "com.a$b"] {
            assert!(package(bad.to_owned()).is_err(), "{bad}");
        }
        assert!(is_class("com.example.Main$Alias") && !is_class("Main"));
    }

    #[test]
    fn a_short_class_is_below_its_package() {
        assert_eq!(full_class(".Main", Some("com.example")).as_deref(), Some("com.example.Main"));
        assert_eq!(full_class("org.Main", None).as_deref(), Some("org.Main"));
        assert_eq!(full_class(".Main", None), None);
    }
}
