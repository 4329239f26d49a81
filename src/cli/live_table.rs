//! What vendors said about credentials, as a table.

use super::plain::plain;
use super::table::table;
use crate::credentials::LiveRow;

/// A table with a line of advice for each row.
pub(crate) fn live_table(rows: &[LiveRow]) -> String {
    let cells = |row: &LiveRow| {
        let latency = format!("{} ms", row.latency_ms);
        let app = row.app.clone().unwrap_or_default();
        let code = plain(row.code.as_deref().unwrap_or_default());
        let words = [row.vendor, row.environment, row.credential, row.state].map(str::to_owned);
        [app].into_iter().chain(words).chain([code, latency, plain(&row.advice)]).collect()
    };
    let mut header = vec!["app", "vendor", "environment", "credential", "state", "code", "time", "advice"];
    let mut cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    // An uploaded file belongs to no app.
    if rows.iter().all(|row| row.app.is_none()) {
        header.remove(0);
        cells.iter_mut().for_each(|row| drop(row.remove(0)));
    }
    format!("{}\n", table(&header, &cells))
}
