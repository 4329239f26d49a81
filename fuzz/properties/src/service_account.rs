//! A service account: the bytes as the whole JSON, and as the text of its key.

/// Any account is read or refused; whatever its key is, it is an account.
pub fn service_account(data: &[u8]) {
    let mut file = b"{".to_vec();
    file.extend_from_slice(data);
    let _ = certs::read(&file, None);

    let key = String::from_utf8_lossy(data);
    let file = serde_json::json!({"type": "service_account", "client_email": "a@b", "private_key": key});
    if let Ok(contents) = certs::read(file.to_string().as_bytes(), None) {
        assert!(contents.service_account.is_some());
    }
}
