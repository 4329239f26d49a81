//! A report as text: the fields of the JSON form, in its order.

use std::fmt;

use super::{CertificateReport, Container, KeyReport, Report, ServiceAccountReport};

/// Labels are padded to this width.
const LABEL_CHARS: usize = 14;

/// Writes labelled lines.
struct Lines<'a, 'f>(&'a mut fmt::Formatter<'f>);

// === impl Lines ===

impl Lines<'_, '_> {
    fn line(&mut self, label: &str, value: impl fmt::Display) -> fmt::Result {
        writeln!(self.0, "  {label:<LABEL_CHARS$} {value}")
    }

    fn maybe(&mut self, label: &str, value: Option<&String>) -> fmt::Result {
        value.map_or(Ok(()), |value| self.line(label, value))
    }
}

// === impl Report ===

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", if self.usable { "usable" } else { "not usable" }, self.title)?;
        let mut lines = Lines(f);
        container(&self.container, &mut lines)?;
        if let Some(report) = &self.certificate {
            certificate(report, &mut lines)?;
        }
        if let Some(report) = &self.key {
            key(report, &mut lines)?;
        }
        if let Some(chain) = &self.chain {
            for issuer in &chain.issuers {
                lines.line("chain", issuer)?;
            }
            match &chain.missing {
                Some(missing) => {
                    lines.line("chain", format_args!("ends at {missing}, which the file does not hold"))?;
                }
                None => lines.line("chain", "complete")?,
            }
        }
        if let Some(report) = &self.service_account {
            service_account(report, &mut lines)?;
        }
        for entry in &self.entries {
            let mark = if entry.chosen { " (chosen)" } else { "" };
            let name = entry.name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
            lines.line("entry", format_args!("{} {}{name}{mark}", entry.entry, entry.what))?;
        }
        for finding in &self.findings {
            writeln!(f, "{} {}: {}\n  -> {}", finding.severity.as_str(), finding.code, finding.detail, finding.remedy)?;
        }
        Ok(())
    }
}

fn container(report: &Container, lines: &mut Lines<'_, '_>) -> fmt::Result {
    let protected = match report.encrypted {
        true => format!(", encrypted with {}", report.ciphers.join("; ")),
        false => String::new(),
    };
    lines.line("format", format_args!("{}{protected}", report.format))?;
    if let Some(mac) = &report.mac {
        lines.line("integrity", mac)?;
    }
    if let Some(iterations) = report.iterations {
        lines.line("iterations", iterations)?;
    }
    match report.password {
        "not_needed" => Ok(()),
        password => lines.line("password", password),
    }
}

fn certificate(report: &CertificateReport, lines: &mut Lines<'_, '_>) -> fmt::Result {
    lines.line("subject", &report.subject)?;
    lines.line("issuer", &report.issuer)?;
    lines.line("serial", &report.serial)?;
    lines.line("sha256", &report.sha256)?;
    let (from, until) = (report.not_before.date(), report.not_after.date());
    lines.line("valid", format_args!("{from} to {until}, {} day(s) left", report.days_left))?;
    if !report.environments.is_empty() {
        lines.line("environments", report.environments.join(", "))?;
    }
    for topic in &report.topics {
        lines.line("topic", format_args!("{} ({})", topic.topic, topic.push_types.join(", ")))?;
    }
    lines.maybe("team id", report.team_id.as_ref())?;
    lines.line("certified key", format_args!("{}, signed with {}", report.key_type, report.signature_algorithm))
}

fn key(report: &KeyReport, lines: &mut Lines<'_, '_>) -> fmt::Result {
    let fits = match report.matches_certificate {
        Some(true) => ", matches the certificate",
        Some(false) => ", does NOT match the certificate",
        None => "",
    };
    let encrypted = if report.encrypted { ", encrypted in the file" } else { "" };
    lines.line("private key", format_args!("{}{fits}{encrypted}", report.key_type))?;
    lines.maybe("key id", report.key_id.as_ref())?;
    lines.maybe("team id", report.team_id.as_ref())
}

fn service_account(report: &ServiceAccountReport, lines: &mut Lines<'_, '_>) -> fmt::Result {
    lines.maybe("project", report.project_id.as_ref())?;
    lines.maybe("account", report.account.as_ref())?;
    lines.maybe("key id", report.key_id.as_ref())?;
    lines.maybe("token uri", report.token_uri.as_ref())
}
