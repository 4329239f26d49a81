//! The emulators over real sockets, driven by clients that know nothing of ours.
#![allow(clippy::unwrap_used)]

mod apns;
mod control;
mod docs;
mod fcm;
mod huawei;
mod meizu;
mod mi;
mod start;
mod support;
