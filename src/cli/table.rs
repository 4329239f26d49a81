//! A table for people.

/// Columns as wide as their widest cell, two blanks between them.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([header.get(column).map_or(0, |name| name.len())]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            let missing = width.saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(missing))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let header: Vec<String> = header.iter().map(|name| name.to_uppercase()).collect();
    let rows = rows.iter().map(|row| line(row));
    [line(&header)].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = vec![vec!["apns".to_owned(), "ok".to_owned()], vec!["meizu".to_owned(), "ünfit".to_owned()]];
        assert_eq!(table(&["vendor", "outcome"], &rows), "VENDOR  OUTCOME\napns    ok\nmeizu   ünfit");
    }
}
