//! The report on a file that is no credential.

use super::{Kind, Report, finding};
use crate::contents::{Contents, Foreign};
use crate::plain::plain;

pub(super) fn report(contents: &Contents) -> Report {
    let Some(first) = contents.foreign.first() else {
        let mut report = Report::new(Kind::WrongFile, "file without a certificate, key or service account");
        report.findings = vec![finding::WRONG_FILE.found("there is nothing in it that a vendor would take")];
        return report;
    };
    let (title, remedy) = told(first);
    let mut report = Report::new(Kind::WrongFile, title.clone());
    report.findings = vec![finding::WRONG_FILE.found(format!("it is {title}")).remedy(remedy)];
    report
}

/// What it is, and what to do next.
fn told(foreign: &Foreign) -> (String, &'static str) {
    const EXPORT: &str =
        "in Keychain Access export the push certificate together with its private key as .p12; or give Apple's .p8 key";
    let (title, remedy) = match foreign {
        Foreign::SigningRequest => (
            "a certificate signing request",
            "upload it in Apple's developer portal; what comes back is installed on the same Mac and exported as .p12",
        ),
        Foreign::PublicKey => ("a public key", "give the private key; the public one proves nothing"),
        Foreign::RevocationList => ("a certificate revocation list", EXPORT),
        Foreign::ProvisioningProfile { name, team_id, push_environment } => {
            return (profile(name.as_deref(), team_id.as_deref(), push_environment.as_deref()), EXPORT);
        }
        Foreign::JavaKeystore => (
            "a Java key store",
            "make a p12 of it: keytool -importkeystore -srckeystore FILE -destkeystore push.p12 -deststoretype PKCS12",
        ),
        Foreign::Pkcs7 => ("a PKCS#7 message without certificates", EXPORT),
        Foreign::OpenSshKey => ("an OpenSSH key", "vendors take keys that they made; download theirs"),
        Foreign::Pgp => ("a PGP key or message", "vendors take keys that they made; download theirs"),
        Foreign::GoogleServicesJson => (
            "google-services.json, which is for the Android app",
            "in the Firebase console open Project settings, Service accounts, Generate new private key",
        ),
        Foreign::AgConnectServicesJson => (
            "agconnect-services.json, which is for the Android app",
            "in AppGallery Connect or the HUAWEI Developers API console make a service account key for servers",
        ),
        Foreign::OAuthClientJson => (
            "OAuth client secrets, which are for signing in users",
            "in the Firebase console open Project settings, Service accounts, Generate new private key",
        ),
        Foreign::PropertyList => (
            "a property list, such as GoogleService-Info.plist, which is for the iOS app",
            "in the Firebase console open Project settings, Service accounts, Generate new private key",
        ),
        Foreign::Zip => ("a ZIP archive", "unpack it and give the file inside"),
        Foreign::PemBlock(label) => return (format!("a PEM block named {}", plain(label)), EXPORT),
        Foreign::Bag(oid) => return (format!("a PKCS#12 entry of type {}", plain(oid)), EXPORT),
    };
    (title.to_owned(), remedy)
}

fn profile(name: Option<&str>, team_id: Option<&str>, push_environment: Option<&str>) -> String {
    let part = |label: &str, text: Option<&str>| text.map(|text| format!("{label} {}", plain(text)));
    let parts = [part("named", name), part("of team", team_id), part("with aps-environment", push_environment)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    match parts.is_empty() {
        true => "a provisioning profile, which is for the app's bundle".to_owned(),
        false => format!("a provisioning profile, which is for the app's bundle ({})", parts.join(", ")),
    }
}
