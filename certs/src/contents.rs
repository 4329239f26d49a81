//! What a credential file holds.

use std::fmt;

use zeroize::Zeroizing;

/// Everything that was found in a file, or in several that were read together, in order and once each.
#[derive(Debug)]
pub struct Contents {
    /// How it is written.
    pub format: Format,
    /// Whether the whole file was wrapped in base64 once more, as uploads through forms and consoles often are.
    pub wrapped_in_base64: bool,
    /// How it is encrypted, if it is.
    pub protection: Protection,
    /// X.509 certificates.
    pub certificates: Vec<Certificate>,
    /// Private keys, decrypted.
    pub keys: Vec<PrivateKey>,
    /// A vendor's service account.
    pub service_account: Option<ServiceAccount>,
    /// Things that are no credential, by name.
    pub foreign: Vec<Foreign>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PKCS#12: `.p12`, `.pfx`.
    Pkcs12,
    /// Text with `-----BEGIN` blocks: `.pem`, `.crt`, `.key`, `.p8`.
    Pem,
    /// One bare DER structure: `.cer`, `.der`.
    Der,
    /// JSON: a service account.
    Json,
    /// Something else that was recognised; [`Contents::foreign`] names it.
    Other,
}

/// How a file's secrets were protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protection {
    /// Which password opened it.
    pub password: PasswordUse,
    /// Every cipher that was met, once each, in the order met.
    pub ciphers: Vec<Cipher>,
    /// The integrity check of a PKCS#12 file; `None` where it has none.
    pub mac: Option<Mac>,
}

/// Which password opened a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordUse {
    /// None was needed: nothing in it is encrypted or checked.
    #[default]
    NotNeeded,
    /// The one given.
    Given,
    /// The empty one, as OpenSSL and Java write it: two zero bytes.
    Empty,
    /// The empty one, as Keychain Access writes it: no bytes at all.
    Null,
}

/// How one part of a file was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cipher {
    /// Its common name: `pbeWithSHA1And40BitRC2-CBC`, `PBES2, PBKDF2-HMAC-SHA256, AES-256-CBC`.
    pub name: String,
    /// Iterations of the key derivation; for scrypt its cost N.
    pub iterations: u64,
    /// Whether it is one that OpenSSL 3 refuses without its legacy provider, or that is broken: RC2, RC4, single DES.
    pub legacy: bool,
}

/// The integrity check of a PKCS#12 file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mac {
    /// `HMAC-SHA1`, `HMAC-SHA256`, `PBMAC1, ...`
    pub name: String,
    /// Iterations of the key derivation.
    pub iterations: u64,
}

/// An X.509 certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its DER.
    pub der: Vec<u8>,
    /// The name a PKCS#12 file gives it.
    pub friendly_name: Option<String>,
}

/// A private key.
#[derive(Clone)]
pub struct PrivateKey {
    /// As unencrypted PKCS#8, DER.
    pub pkcs8: Zeroizing<Vec<u8>>,
    /// What it is.
    pub kind: KeyKind,
    /// Its public half, as the bits of a `SubjectPublicKeyInfo` (PKCS#1 for RSA, the uncompressed point for curves): what a
    /// matching certificate holds. `None` where the kind is not one that push vendors use.
    pub public_key: Option<Vec<u8>>,
    /// The name a PKCS#12 file gives it.
    pub friendly_name: Option<String>,
    /// Whether it was encrypted in the file.
    pub was_encrypted: bool,
}

/// What kind of key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa {
        /// Bits of the modulus.
        bits: usize,
    },
    /// NIST P-256, what Apple's `.p8` files hold.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// Another, by its object identifier in dotted form.
    Other(String),
}

/// A service account's key file.
#[derive(Clone)]
pub struct ServiceAccount {
    /// Whose.
    pub kind: ServiceAccountKind,
    /// The whole JSON text.
    pub json: Zeroizing<String>,
    /// `project_id`
    pub project_id: Option<String>,
    /// `client_email`, or Huawei's `sub_account`.
    pub account: Option<String>,
    /// `private_key_id`, or Huawei's `key_id`.
    pub key_id: Option<String>,
    /// `token_uri`
    pub token_uri: Option<String>,
    /// The key of `private_key`; `None` where the field is absent or holds no key.
    pub key: Option<PrivateKey>,
}

/// Whose service account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceAccountKind {
    /// Google's, for FCM.
    Google,
    /// Huawei's, for Push Kit.
    Huawei,
}

/// What people upload by mistake, recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A certificate signing request: what is sent to the vendor, not what comes back.
    SigningRequest,
    /// A public key.
    PublicKey,
    /// A revocation list.
    RevocationList,
    /// Apple's provisioning profile, with what its plist says.
    ProvisioningProfile {
        /// `Name`
        name: Option<String>,
        /// `TeamIdentifier`
        team_id: Option<String>,
        /// `aps-environment`
        push_environment: Option<String>,
    },
    /// A Java key store: JKS or JCEKS.
    JavaKeystore,
    /// Signed or enveloped CMS without certificates, or of no known purpose.
    Pkcs7,
    /// An OpenSSH key.
    OpenSshKey,
    /// A PGP key or message.
    Pgp,
    /// Google's `google-services.json` for Android apps.
    GoogleServicesJson,
    /// Huawei's `agconnect-services.json` for Android apps.
    AgConnectServicesJson,
    /// Google's OAuth client secrets, which are for users and not for servers.
    OAuthClientJson,
    /// Apple's property list, such as `GoogleService-Info.plist`.
    PropertyList,
    /// A ZIP archive, such as an `.ipa` or a packed download.
    Zip,
    /// A PEM block that says nothing to push vendors, by its label.
    PemBlock(String),
    /// A secret key or an unknown bag of a PKCS#12 file, by its object identifier.
    Bag(String),
}

// === impl Protection ===

impl Protection {
    /// Adds what another file of the same set was protected with.
    pub(crate) fn add(&mut self, other: Self) {
        if self.password == PasswordUse::NotNeeded {
            self.password = other.password;
        }
        for cipher in other.ciphers {
            if !self.ciphers.contains(&cipher) {
                self.ciphers.push(cipher);
            }
        }
    }
}

// === impl Certificate ===

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({} bytes)", self.der.len())
    }
}

// === impl PrivateKey ===

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

// === impl ServiceAccount ===

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount").field("kind", &self.kind).field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
