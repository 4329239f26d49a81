//! Any file. The first byte chooses the password, the rest is the file.

/// What the files of `fixtures/certs` open with, and none.
const PASSWORDS: [Option<&str>; 6] =
    [None, Some("test"), Some("changeit"), Some("pässwörd✓"), Some("key 🔑 öffne"), Some("")];

/// What was read reads again, can be told and written, and is the same however often it is given.
pub fn credential_file(data: &[u8]) {
    let Some((choice, file)) = data.split_first() else { return };
    let password = PASSWORDS[usize::from(*choice) % PASSWORDS.len()];
    let Ok(contents) = certs::read(file, password) else { return };
    for key in &contents.keys {
        let again = certs::read(&key.pkcs8, None).expect("a normalised key reads");
        assert_eq!(again.keys.len(), 1);
        assert_eq!(*again.keys[0].pkcs8, *key.pkcs8);
        assert_eq!(again.keys[0].kind, key.kind);
    }
    for certificate in &contents.certificates {
        // A bundle may hold one that by itself would not be taken for a certificate.
        if let Ok(again) = certs::read(&certificate.der, None) {
            assert_eq!(again.certificates.len(), 1);
        }
    }
    let _ = format!("{contents:?}");
    // What is given twice counts once; only the work counts twice.
    if let Ok(twice) = certs::read_all(&[file, file], password) {
        assert_eq!(twice.certificates.len(), contents.certificates.len());
        assert_eq!(twice.keys.len(), contents.keys.len());
    }
    // What was read can be told and written, or is refused.
    let now = time::OffsetDateTime::UNIX_EPOCH;
    if let Ok(report) = certs::Report::of(&contents, &certs::Expectation::default(), now) {
        let _ = report.to_string();
    }
    if let Ok(parts) = certs::convert::Parts::of(&contents, None, now) {
        let _ = parts.pem(None).combined();
    }
}
