//! What is noteworthy about a credential, in stable codes.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// One thing to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    /// The stable word, explained in `docs/credentials.md` under this very anchor.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub detail: Cow<'static, str>,
    /// What to do next.
    pub remedy: Cow<'static, str>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The credential cannot be used for push.
    Problem,
    /// It can be, but somebody should act.
    Warning,
    /// Good to know.
    Note,
}

/// A code with all that is the same wherever it is found.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable word.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    remedy: &'static str,
}

const fn code(name: &'static str, severity: Severity, remedy: &'static str) -> Code {
    Code { name, severity, remedy }
}

macro_rules! codes {
    ($($constant:ident = $name:literal, $severity:ident, $remedy:literal;)+) => {
        $(pub(crate) static $constant: Code = code($name, Severity::$severity, $remedy);)+
        /// Every code, worst first.
        pub static CODES: &[&Code] = &[$(&$constant),+];
    };
}

codes! {
    EXPIRED = "expired", Problem, "make a new one in the vendor's console and replace this one";
    NOT_YET_VALID = "not_yet_valid", Problem, "wait, or set this machine's clock right";
    KEY_MISMATCH = "key_mismatch", Problem, "export certificate and key together, from the machine that made the signing request";
    NO_PRIVATE_KEY = "no_private_key", Problem,
        "in Keychain Access, on the Mac that made the signing request, export the item that has a disclosure triangle, as .p12; or give the key file together with the certificate";
    NO_CERTIFICATE = "no_certificate", Problem, "give the certificate that belongs to this key in the same file; Apple's .p8 keys are P-256 and need none";
    NOT_A_PUSH_CERTIFICATE = "not_a_push_certificate", Problem,
        "in Apple's developer portal make one under Certificates, Services, Apple Push Notification service SSL";
    WRONG_ENVIRONMENT = "wrong_environment", Problem, "use it in the environment it is for, or get one that serves both";
    WRONG_TOPIC = "wrong_topic", Problem, "use the topic of the certificate, or the certificate of the topic";
    NO_TOPIC = "no_topic", Problem, "have it issued again for an App ID; a push needs a topic";
    WRONG_FILE = "wrong_file", Problem, "give the file that the vendor's console offers for servers";
    SEVERAL_CANDIDATES = "several_candidates", Problem, "export only the one that is meant; where their topics differ, naming the topic is enough";
    UNSUPPORTED_KEY = "unsupported_key", Problem, "use the key that the vendor made; for a certificate make one of RSA 2048 or P-256";
    WEAK_KEY = "weak_key", Problem, "make a new key of RSA 2048 or P-256; servers refuse this one";
    INCOMPLETE_SERVICE_ACCOUNT = "incomplete_service_account", Problem, "download the key file again from the vendor's console";
    EXPIRES_SOON = "expires_soon", Warning, "renew it now; two can be active at once";
    WEAK_SIGNATURE = "weak_signature", Warning, "have it issued again";
    UNKNOWN_ISSUER = "unknown_issuer", Warning, "Apple's servers take only certificates that Apple issued; this one is for tests";
    SELF_SIGNED = "self_signed", Warning, "Apple's servers take only certificates that Apple issued; this one is for tests";
    NOT_FOR_CLIENTS = "not_for_clients", Warning, "have it issued with the extended key usage clientAuth";
    KEY_ID_MISMATCH = "key_id_mismatch", Warning, "take the key id from Apple's portal, where it stands beside the key";
    MALFORMED_ID = "malformed_id", Warning, "key id and team id are 10 upper-case letters and digits each; they are easily swapped";
    LEGACY_ENCRYPTION = "legacy_encryption", Warning, "convert it to PEM, or to a modern p12: OpenSSL 3 refuses to open it without its legacy provider";
    NEEDS_CONVERSION = "needs_conversion", Note, "pushmux convert FILE --out push.pem, or the console's download, writes it so";
    NO_INTEGRITY_CHECK = "no_integrity_check", Note, "export it again if the file may have been changed on its way";
    FEW_ITERATIONS = "few_iterations", Note, "guard the file well, or convert it: its password is quickly guessed";
    EXTRA_ENTRIES = "extra_entries", Note, "nothing: the others are ignored; keep files small to share fewer keys";
    UNPROTECTED_KEY = "unprotected_key", Note, "keep the file readable by its owner only (mode 0600)";
    WRAPPED_IN_BASE64 = "wrapped_in_base64", Note, "nothing: it was unwrapped";
    IDS_NEEDED = "ids_needed", Note, "take key id and team id from Apple's portal; the file does not hold them";
}

// === impl Code ===

impl Code {
    /// What to do about it, unless a finding says something better.
    pub const fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// The finding of this code.
    pub(crate) fn found(&self, detail: impl Into<Cow<'static, str>>) -> Finding {
        let Code { name, severity, remedy } = *self;
        Finding { code: name, severity, detail: detail.into(), remedy: Cow::Borrowed(remedy) }
    }
}

// === impl Finding ===

impl Finding {
    /// With another remedy than the code's usual one.
    #[must_use]
    pub(crate) fn remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

// === impl Severity ===

impl Severity {
    /// The word on the API and in the terminal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Problem => "problem",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}
