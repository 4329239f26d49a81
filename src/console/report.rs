//! What is known about a credential, as a page shows it.

use certs::report::{Finding, Severity};

use super::badge::{Badge, Tone, count};
use crate::credentials::{CheckDocument, LiveRow};

/// A check's answer with the words that the page adds.
pub(super) struct ReportView {
    pub(super) document: CheckDocument,
    pub(super) verdict: Badge,
    /// The verdict and its ground in one sentence.
    pub(super) summary: String,
}

/// Findings of one severity.
pub(super) struct FindingGroup<'a> {
    pub(super) tone: Tone,
    pub(super) title: &'static str,
    pub(super) findings: Vec<&'a Finding>,
}

const GROUPS: &[(Severity, &str)] =
    &[(Severity::Problem, "Problem"), (Severity::Warning, "Warning"), (Severity::Note, "Note")];

// === impl ReportView ===

impl ReportView {
    pub(super) fn of(document: CheckDocument) -> Self {
        let (verdict, ground) = match (document.is_usable(), document.report.usable, &document.live) {
            (true, _, None) => ("Usable", "Nothing in the file speaks against it. No vendor was asked."),
            (true, _, Some(_)) => ("Usable", "Nothing in the file speaks against it, and a vendor takes it."),
            (false, false, _) => ("Not usable", "See the problems below."),
            (false, true, _) => {
                ("Not usable", "The file is fine, but the vendor does not take it. See what it says below.")
            }
        };
        let tone = if document.is_usable() { Tone::Good } else { Tone::Bad };
        Self { verdict: Badge::new(tone, verdict), summary: ground.to_owned(), document }
    }

    /// What a screen reader says once the result is there.
    pub(super) fn announcement(&self) -> String {
        let findings = count(self.document.report.findings.len() as u64, "finding");
        format!("{}: {}. {findings}.", self.verdict.text, self.document.report.title)
    }

    /// How long the certificate holds.
    pub(super) fn ends(&self) -> Option<Badge> {
        self.document.report.certificate.as_ref().map(|certificate| Badge::days_left(certificate.days_left))
    }

    /// Worst first.
    pub(super) fn finding_groups(&self) -> Vec<FindingGroup<'_>> {
        let group = |(severity, title): &(Severity, &'static str)| FindingGroup {
            tone: Tone::of(*severity),
            title,
            findings: self.document.report.findings.iter().filter(|finding| finding.severity == *severity).collect(),
        };
        GROUPS.iter().map(group).filter(|group| !group.findings.is_empty()).collect()
    }

    /// How the file is written, in people's words.
    pub(super) fn format(&self) -> String {
        let container = &self.document.report.container;
        let format = match container.format {
            "pkcs12" => "PKCS#12",
            "pem" => "PEM text",
            "der" => "DER",
            "json" => "JSON",
            _ => "other",
        };
        match container.encrypted {
            true => format!("{format}, encrypted"),
            false => format!("{format}, not encrypted"),
        }
    }

    /// Which password opened it.
    pub(super) fn password(&self) -> &'static str {
        match self.document.report.container.password {
            "given" => "the one given",
            "empty" => "the empty one",
            "null" => "the empty one, as Keychain Access writes it",
            _ => "none needed",
        }
    }
}

// === impl LiveRow ===

impl LiveRow {
    pub(super) fn badge(&self) -> Badge {
        Badge::live_state(self.state)
    }

    /// Whether the advice says more than the detail.
    pub(super) fn has_advice(&self) -> bool {
        self.detail.as_deref() != Some(self.advice.as_str())
    }
}
