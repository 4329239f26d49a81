//! PEM, as RFC 7468 has it and as it is met: text around the blocks, any order, any line ends, headers of RFC 1421.

use zeroize::Zeroizing;

use super::cipher::Cipher;
use super::found::Found;
use super::key;
use super::password::Opener;
use super::scheme::Scheme;
use super::{structure, text};
use crate::ber::{self, malformed};
use crate::plain::plain;
use crate::{Foreign, Format, PrivateKey, Unreadable};

const WHAT: &str = "PEM block";
const BEGIN: &str = "-----BEGIN";
const DASHES: &str = "-----";
/// Blocks of one file.
const MAX_BLOCKS: usize = 500;
/// Bytes of a label.
const MAX_LABEL: usize = 64;

/// One block, its lines as they stand.
struct Block<'a> {
    label: &'a str,
    lines: &'a str,
}

/// What `DEK-Info` says: old OpenSSL's encryption of a key.
struct DekInfo {
    cipher: Cipher,
    iv: Vec<u8>,
}

/// Whether a text has a block, or the start of one.
pub(super) fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(BEGIN.len()).any(|window| window == BEGIN.as_bytes())
}

/// Reads all blocks.
pub(super) fn read(text: &str, opener: &mut Opener, found: &mut Found) -> Result<Format, Unreadable> {
    let mut format = Format::Other;
    let mut rest = text;
    for _ in 0..MAX_BLOCKS {
        let Some((block, after)) = next(rest)? else { return Ok(format) };
        rest = after;
        match block.label {
            "OPENSSH PRIVATE KEY" => found.foreign(Foreign::OpenSshKey)?,
            label if label.starts_with("PGP ") => found.foreign(Foreign::Pgp)?,
            label => {
                format = Format::Pem;
                match label {
                    "CERTIFICATE"
                    | "X509 CERTIFICATE"
                    | "TRUSTED CERTIFICATE"
                    | "PRIVATE KEY"
                    | "RSA PRIVATE KEY"
                    | "EC PRIVATE KEY"
                    | "ENCRYPTED PRIVATE KEY"
                    | "CERTIFICATE REQUEST"
                    | "NEW CERTIFICATE REQUEST"
                    | "PUBLIC KEY"
                    | "RSA PUBLIC KEY"
                    | "X509 CRL"
                    | "PKCS7"
                    | "PKCS #7 SIGNED DATA"
                    | "CMS" => block.read(opener, found)?,
                    // Names the curve, as the key after it does.
                    "EC PARAMETERS" => {}
                    other => found.foreign(Foreign::PemBlock(plain(other)))?,
                }
            }
        }
    }
    Err(malformed("PEM file", format!("it has more than {MAX_BLOCKS} blocks")))
}

/// The next block and the text after it.
fn next(text: &str) -> Result<Option<(Block<'_>, &str)>, Unreadable> {
    let Some((_, after)) = text.split_once(BEGIN) else { return Ok(None) };
    let Some((label, body)) = after.split_once(DASHES) else {
        return Err(cut(DASHES.len()));
    };
    let label = label.trim();
    if label.len() > MAX_LABEL || label.contains(['\n', '\r']) {
        return Err(malformed(WHAT, "its BEGIN line is broken"));
    }
    let end = format!("-----END {label}-----");
    match body.split_once(&end) {
        Some((lines, _)) if lines.contains(BEGIN) => {
            Err(malformed(WHAT, format!("the block {} has no END line of its own", plain(label))))
        }
        Some((lines, after)) => Ok(Some((Block { label, lines }, after))),
        None => {
            let body = body.trim_end_matches(['\n', '\r']);
            match body.rfind("-----END ") {
                Some(at) if !end.starts_with(&body[at..]) => Err(malformed(
                    WHAT,
                    format!("the END line of the block {} does not fit its BEGIN line", plain(label)),
                )),
                Some(at) => Err(cut(end.len() - (body.len() - at))),
                None => {
                    let there = (0..9).rev().find(|length| body.ends_with(&end[..*length])).unwrap_or(0);
                    Err(cut(end.len() - there))
                }
            }
        }
    }
}

fn cut(missing_bytes: usize) -> Unreadable {
    Unreadable::Truncated { what: WHAT, missing_bytes }
}

// === impl Block ===

impl Block<'_> {
    fn read(&self, opener: &mut Opener, found: &mut Found) -> Result<(), Unreadable> {
        let body = self.body()?;
        if let Some(dek) = self.dek_info()? {
            let scheme = Scheme::DekInfo { cipher: dek.cipher, iv: &dek.iv };
            let text = opener.decrypt("private key", &scheme, &body, key::shaped_unencrypted)?;
            if let Some(key) = key::any(&ber::inner(&text, "private key")?, opener)? {
                found.key(PrivateKey { was_encrypted: true, ..key })?;
            }
            return Ok(());
        }
        match structure::block(&body, opener, found) {
            Ok(true) => Ok(()),
            Ok(false) | Err(Unreadable::UnknownFormat) => {
                Err(malformed(WHAT, format!("it holds no {}", plain(self.label))))
            }
            Err(other) => Err(other),
        }
    }

    /// A colon is in every header and never in base64.
    fn body(&self) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        let mut digits = Zeroizing::new(String::with_capacity(self.lines.len()));
        for line in self.lines.lines().filter(|line| !line.contains(':')) {
            digits.push_str(line);
        }
        let body = text::base64(digits.as_bytes());
        body.ok_or_else(|| malformed(WHAT, format!("the block {} is not base64", plain(self.label))))
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.lines.lines().filter_map(|line| line.split_once(':'));
        headers.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    fn dek_info(&self) -> Result<Option<DekInfo>, Unreadable> {
        if !self.header("Proc-Type").is_some_and(|value| value.ends_with("ENCRYPTED")) {
            return Ok(None);
        }
        let value = self.header("DEK-Info").unwrap_or_default();
        let (name, iv) = value.split_once(',').ok_or_else(|| malformed(WHAT, "its DEK-Info is missing or broken"))?;
        let cipher = match name.trim().to_ascii_uppercase().as_str() {
            "DES-CBC" => Cipher::DesCbc,
            "DES-EDE3-CBC" => Cipher::DesEde3Cbc,
            "AES-128-CBC" => Cipher::Aes128Cbc,
            "AES-192-CBC" => Cipher::Aes192Cbc,
            "AES-256-CBC" => Cipher::Aes256Cbc,
            other => {
                let algorithm: String = other.chars().take(MAX_LABEL).collect();
                return Err(Unreadable::Unsupported { what: WHAT, algorithm: plain(&algorithm) });
            }
        };
        match hex(iv.trim()) {
            Some(iv) if iv.len() == cipher.iv_bytes() => Ok(Some(DekInfo { cipher, iv })),
            _ => Err(malformed(WHAT, "its DEK-Info has no proper initialisation vector")),
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let digits = digits?;
    if digits.len() % 2 == 1 {
        return None;
    }
    Some(digits.as_chunks::<2>().0.iter().map(|[high, low]| (high << 4) | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_blocks_within_text() {
        let text = "Bag Attributes\r\n  friendlyName: x\r\n-----BEGIN A B-----\r\nAAAA\r\n-----END A B-----\r\nrest";
        let (block, after) = next(text).unwrap().unwrap();
        assert_eq!((block.label, after.trim()), ("A B", "rest"));
        assert_eq!(block.body().unwrap()[..], [0, 0, 0]);
        assert!(next(after).unwrap().is_none());
    }

    #[test]
    fn tells_how_much_of_a_cut_block_is_missing_at_least() {
        let whole = "-----BEGIN X-----\nAAAA\n-----END X-----";
        for length in 10..whole.len() {
            let Err(Unreadable::Truncated { missing_bytes, .. }) = next(&whole[..length]).map(|_| ()) else {
                panic!("{length} bytes were taken");
            };
            assert!(missing_bytes <= whole.len() - length, "{length}: {missing_bytes}");
        }
    }

    #[test]
    fn refuses_a_block_that_runs_into_the_next() {
        let text = "-----BEGIN X-----\nAAAA\n-----BEGIN X-----\nAAAA\n-----END X-----";
        assert_eq!(next(text).map(|_| ()).unwrap_err().code(), "malformed");
        let text = "-----BEGIN X-----\nAAAA\n-----END Y-----";
        assert_eq!(next(text).map(|_| ()).unwrap_err().code(), "malformed");
    }

    #[test]
    fn what_a_refusal_quotes_cannot_steer_a_terminal() {
        let label = "-----BEGIN \u{1b}[31mX-----\nAAAA\n-----END \u{1b}[31mY-----";
        let lines = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: \u{1b}[2J,00\n\nAAAA\n";
        let refused = [
            next(label).map(|_| ()).unwrap_err(),
            Block { label: "RSA PRIVATE KEY", lines }.dek_info().map(|_| ()).unwrap_err(),
        ];
        for fault in refused {
            assert!(!fault.to_string().contains('\u{1b}'), "{fault:?}");
        }
    }

    #[test]
    fn reads_headers_of_old_encryption() {
        let lines = "\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0102030405060708\n\nAAAA\n";
        let dek = Block { label: "RSA PRIVATE KEY", lines }.dek_info().unwrap().unwrap();
        assert_eq!((dek.cipher, dek.iv), (Cipher::DesEde3Cbc, vec![1, 2, 3, 4, 5, 6, 7, 8]));
    }
}
