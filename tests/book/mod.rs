//! The README and the pages of `docs/` keep their word: every example runs, every link leads somewhere, every code is told.

mod answer;
mod command;
mod examples;
mod faults;
mod fields;
mod help;
mod json_shape;
mod links;
mod page;
mod place;
mod samples;
mod vendor_codes;
