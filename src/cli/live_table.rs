//! What vendors said about credentials, as a table.

use super::table::table;
use crate::credentials::LiveRow;

/// A table with a line of advice for each row, or nothing without rows.
pub(crate) fn live_table(rows: &[LiveRow]) -> String {
    let cells = |row: &LiveRow| {
        let code = row.code.clone().unwrap_or_default();
        let latency = format!("{} ms", row.latency_ms);
        vec![row.vendor.to_owned(), row.environment.to_owned(), row.state.to_owned(), code, latency, row.advice.clone()]
    };
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    format!("{}\n", table(&["vendor", "environment", "state", "code", "time", "advice"], &cells))
}
