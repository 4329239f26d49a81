//! The older text format (0.0.4), for those that do not read OpenMetrics.

/// The same metrics: in this format a counter's whole name stands in its `HELP` and `TYPE`.
pub(super) fn classic(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len() + 1024);
    let mut help = None;
    for line in open_metrics.lines() {
        if line.starts_with("# HELP ") {
            help = Some(line);
            continue;
        }
        if let Some(described) = line.strip_prefix("# TYPE ") {
            let (name, kind) = described.split_once(' ').unwrap_or((described, "untyped"));
            let suffix = if kind == "counter" { "_total" } else { "" };
            let words = help.take().and_then(|help| help.strip_prefix("# HELP ")?.split_once(' '));
            if let Some((_, words)) = words {
                text.push_str(&format!("# HELP {name}{suffix} {words}\n"));
            }
            text.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
        } else if line != "# EOF" {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_counters_change_their_name() {
        let open =
            "# HELP a_b Some help\n# TYPE a_b counter\na_b_total{x=\"y\"} 1\n# HELP g G\n# TYPE g gauge\ng 2\n# EOF\n";
        let want = "# HELP a_b_total Some help\n# TYPE a_b_total counter\na_b_total{x=\"y\"} 1\n# HELP g G\n# TYPE g gauge\ng 2\n";
        assert_eq!(classic(open), want);
    }
}
