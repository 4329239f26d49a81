//! Numbers that are none. TOML has them, JSON has not: they would pass as fields that were left out.

use model::parse::Faults;
use model::{Fault, Path};
use toml::{Table, Value};

/// Every `nan` and `inf`.
pub(crate) fn faults(table: &Table) -> Vec<Fault> {
    let mut faults = Faults::default();
    check(table, &Path::root(), &mut faults);
    faults.into_list()
}

fn check(table: &Table, path: &Path, faults: &mut Faults) {
    for (name, value) in table {
        check_value(value, &path.at(name), faults);
    }
}

fn check_value(value: &Value, path: &Path, faults: &mut Faults) {
    match value {
        Value::Float(number) if !number.is_finite() => faults.add(path, "must be a finite number"),
        Value::Table(table) => check(table, path, faults),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                check_value(value, &path.at(index), faults);
            }
        }
        _ => {}
    }
}
