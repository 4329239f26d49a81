//! A key or a certificate in PEM. The first byte chooses label and headers, the rest is what the block holds.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const LABELS: [&str; 8] = [
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "CERTIFICATE",
    "TRUSTED CERTIFICATE",
    "PKCS7",
    "X509 CRL",
];

const HEADERS: [&str; 4] = [
    "",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,0102030405060708\n\n",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,000102030405060708090A0B0C0D0E0F\n\n",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0102030405060708\n\n",
];

/// Any block is read or refused.
pub fn pem_key(data: &[u8]) {
    let Some((choice, der)) = data.split_first() else { return };
    let label = LABELS[usize::from(choice & 7)];
    let headers = HEADERS[usize::from(choice >> 3 & 3)];
    let body = STANDARD.encode(der);
    let pem = format!("-----BEGIN {label}-----\n{headers}{body}\n-----END {label}-----\n");
    let _ = certs::read(pem.as_bytes(), Some("test"));
}
