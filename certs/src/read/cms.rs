//! CMS, RFC 5652, also known as PKCS#7: bundles of certificates, and Apple's provisioning profiles.

use super::found::Found;
use super::pkcs12::content_info;
use crate::ber::Element;
use crate::der::{OCTET_STRING, SEQUENCE};
use crate::oid;
use crate::{Foreign, Unreadable};

/// Bytes of a value that are kept.
const MAX_VALUE: usize = 256;

/// Reads a `ContentInfo`. Certificates are taken only where they are the purpose: a bundle signs nothing. Those of a
/// signed document are its signers'.
pub(super) fn read(info: &Element<'_>, found: &mut Found) -> Result<(), Unreadable> {
    let (kind, content) = content_info(info)?;
    let (oid::SIGNED_DATA, Some(signed)) = (kind, content) else {
        return found.foreign(Foreign::Pkcs7);
    };
    let mut parts = signed.children_of(SEQUENCE)?;
    parts.next()?.number()?;
    // The digest algorithms say nothing here.
    parts.next()?;
    let (_, document) = content_info(&parts.next()?)?;
    if let Some(document) = document {
        let foreign = match document.octets(OCTET_STRING) {
            Ok(text) => profile(&text).unwrap_or(Foreign::Pkcs7),
            Err(_) => Foreign::Pkcs7,
        };
        return found.foreign(foreign);
    }
    let mut empty = true;
    if let Some(bundle) = parts.tagged(0xa0)? {
        let mut certificates = bundle.children();
        while let Some(certificate) = certificates.optional()? {
            // The other choices are attribute certificates and worse, all with tags of their own.
            if certificate.tag == SEQUENCE {
                found.certificate(certificate.raw, None)?;
                empty = false;
            }
        }
    }
    if parts.tagged(0xa1)?.is_some_and(|lists| !lists.contents.is_empty()) {
        found.foreign(Foreign::RevocationList)?;
        empty = false;
    }
    if empty {
        found.foreign(Foreign::Pkcs7)?;
    }
    Ok(())
}

/// What a signed property list says, if the document is one. Its text is searched and not parsed: it serves a hint.
fn profile(document: &[u8]) -> Option<Foreign> {
    let text = String::from_utf8_lossy(document);
    if !text.contains("<plist") {
        return None;
    }
    Some(Foreign::ProvisioningProfile {
        name: value(&text, "Name"),
        team_id: value(&text, "TeamIdentifier"),
        push_environment: value(&text, "aps-environment"),
    })
}

/// The string after a key, or the first one of the array after it.
fn value(text: &str, key: &str) -> Option<String> {
    let (_, after) = text.split_once(&format!("<key>{key}</key>"))?;
    let after = after.trim_start();
    let after = after.strip_prefix("<array>").unwrap_or(after).trim_start();
    let (value, _) = after.strip_prefix("<string>")?.split_once("</string>")?;
    let value: String = value.chars().take(MAX_VALUE).collect();
    Some(
        value
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&apos;", "'")
            .replace("&amp;", "&"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_profile_says() {
        let text = b"<?xml version=\"1.0\"?><plist><dict><key>AppIDName</key><string>no</string>\n<key>Name</key>
            <string>Push &amp; Pull</string><key>Entitlements</key><dict>
            <key>aps-environment</key><string>production</string>
            </dict><key>TeamIdentifier</key> <array>\n <string>ABCDE12345</string></array></dict></plist>";
        let want = Foreign::ProvisioningProfile {
            name: Some("Push & Pull".to_owned()),
            team_id: Some("ABCDE12345".to_owned()),
            push_environment: Some("production".to_owned()),
        };
        assert_eq!(profile(text), Some(want));
        assert_eq!(profile(b"a letter"), None);
        assert_eq!(value("<key>Name</key><string>cut", "Name"), None);
    }
}
