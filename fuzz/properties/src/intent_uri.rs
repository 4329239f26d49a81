//! Android's intent URI.

use model::IntentUri;

/// What is parsed prints again to an equal intent, which parses again.
pub fn intent_uri(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match text.parse::<IntentUri>() {
        Ok(intent) => {
            let printed = intent.to_string();
            // Percent-encoding makes a text longer, perhaps longer than what is taken.
            if printed.len() <= IntentUri::MAX_BYTES {
                let again: IntentUri = printed.parse().unwrap_or_else(|fault| panic!("{printed}: {fault}"));
                assert_eq!(again, intent, "{printed}");
                assert_eq!(again.to_string(), printed);
            }
        }
        Err(fault) => assert!(fault.to_string().len() < 400),
    }
}
